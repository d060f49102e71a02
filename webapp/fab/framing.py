"""The pages that Airflow may show inside its "Packet" tab: those marked as framable, with links only to each other.

Airflow's frame does not let a page open a window or leave the frame, so other pages appear as an address instead of a link.
"""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request

from webapp.fab.marks import FRAMABLE, marked


def framed() -> bool:
    """Whether this request is for a page in Airflow's tab."""
    return bool(request.args.get("framed")) and marked(current_app, request.endpoint, FRAMABLE)


def airflow_origins() -> str:
    """The origins that may frame these pages: those of Airflow."""
    origin: str = current_app.extensions["packetboat"].airflow_page
    return f"{origin} {origin.replace('127.0.0.1', 'localhost')}"


def register(app: Flask) -> None:
    """Tell the browser who may frame a page, and keep the links of a framed page framed."""

    @app.before_request
    def allow() -> None:
        if framed():
            g.framed_by = airflow_origins()

    @app.url_defaults
    def stay(endpoint: str, values: dict[str, Any]) -> None:
        if has_request_context() and framed() and marked(app, endpoint, FRAMABLE):
            values.setdefault("framed", 1)

    app.add_template_global(framed)
