"""Mailgun's answers that say no."""

from starlette.responses import JSONResponse, Response


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """An error with a sentence."""
    return JSONResponse({"message": message}, status, headers)


def not_allowed() -> Response:
    """What a domain gets that is not verified, or whose account was disabled."""
    return refusal(403, "Domain is not allowed to send. Please contact support.")
