"""Security headers of every answer: load nothing from other sites, run only our own scripts, no framing (S20)."""

from flask import Flask, Response, g, request

HSTS = "max-age=31536000; includeSubDomains"


def register(app: Flask) -> None:
    """Add the headers to every answer. Only Airflow may frame a page, and only if the page sets `g.framed_by`."""

    @app.after_request
    def add(response: Response) -> Response:
        framed_by = g.get("framed_by", "'none'")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; "
            "script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if app.config["ENCRYPTED"]:
            response.headers["Strict-Transport-Security"] = HSTS
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
