"""The pages that Airflow may show inside its "Packet" tab: those that only read, with links that stay among themselves.

Airflow's frame lets no page open a window or leave it, so instead of a link to another page its address is told.
"""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request

PAGES = frozenset(
    {"PacketsView.of_run", "PacketView.page", "PacketView.live", "HeldView.list", "MessagesView.list", "MessagesView.row"}
)  # fmt: skip


def framed() -> bool:
    """Whether this request is for a page inside Airflow's tab."""
    return request.endpoint in PAGES and bool(request.args.get("framed"))


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
        if endpoint in PAGES and has_request_context() and framed():
            values.setdefault("framed", 1)

    app.add_template_global(framed)
