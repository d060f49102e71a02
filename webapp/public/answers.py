"""Answers to programs: a status and at most a line of text, with our security headers (S20)."""

from functools import cache

from starlette.responses import Response

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def answer(status: int, text: str = "") -> Response:
    """An answer of at most one line."""
    return Response(text, status, HEADERS, "text/plain")


@cache
def empty(status: int) -> Response:
    """The answer without a text, made once for all."""
    return answer(status)
