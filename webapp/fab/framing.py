"""The pages that Airflow may show inside its "Packet" tab: those that are marked as framable, with links that stay among themselves.

Airflow's frame lets no page open a window or leave it, so instead of a link to another page its address is told.
"""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request

from webapp.fab.marks import FRAMABLE, marked


def framed() -> bool:
    """Whether this request is for a page inside Airflow's tab."""
    return bool(request.args.get("framed")) and marked(current_app, request.endpoint, FRAMABLE)


def airflow_origins() -> str:
    """Who may show these pages: Airflow, on the address that it listens on."""
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
