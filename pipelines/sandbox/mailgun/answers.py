"""Mailgun's error responses."""

from starlette.responses import JSONResponse, Response


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """An error with a message."""
    return JSONResponse({"message": message}, status, headers)


def not_allowed() -> Response:
    """The error for a domain that is not verified, or whose account was disabled."""
    return refusal(403, "Domain is not allowed to send. Please contact support.")
