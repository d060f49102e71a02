"""Who is looking, and whose rows they may see. Every page needs a log-in unless it is named here; every query goes through
the viewer's unit of work, so row-level security applies to all of them (S1, S3).
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Engine
from werkzeug.wrappers import Response as AnyResponse

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from webapp import sessions
from webapp.framing import framed

# What the world may ask for without a log-in; a test walks every other route.
PUBLIC_ENDPOINTS = frozenset({"static", "appbuilder.static", "PortalAuthView.login", None})
PACKETS = "Packets"  # the name under which Flask-AppBuilder keeps our permissions


@dataclass(frozen=True)
class Client:
    """The business a person belongs to. `balance_minor` is in the smallest unit of `currency` (ISO 4217)."""

    id: UUID
    name: str
    time_zone: str
    currency: str | None
    balance_minor: int | None


@dataclass(frozen=True)
class Viewer:
    """The person who is logged in: of one client, or of the support staff with `every_client`."""

    username: str
    full_name: str
    every_client: bool
    client: Client | None
    engine: Engine = field(repr=False)

    @property
    def time_zone(self) -> str:
        return self.client.time_zone if self.client else "UTC"

    def unit_of_work(self) -> UnitOfWork:
        """A transaction that sees what this person may see; of nobody's rows for somebody who belongs to no client."""
        if self.every_client:
            return UnitOfWork(self.engine, every_client=True)
        return UnitOfWork(self.engine, self.client.id if self.client else NOBODY)


NOBODY = UUID(int=0)


def viewer() -> Viewer:
    """The person behind this request, looked up once."""
    if "viewer" not in g:
        g.viewer = _look_up()
    found: Viewer = g.viewer
    return found


def may(permission: str, view: str = PACKETS) -> bool:
    """Whether this person's roles hold a permission on a view, by default on packets: `can_rerun`."""
    return bool(current_app.appbuilder.sm.has_access(permission, view))


def _look_up() -> Viewer:
    every_client = may("can_see_every_client")
    engine = current_app.extensions["packetboat"].engine("app")
    return Viewer(
        current_user.username,
        current_user.get_full_name().strip() or current_user.username,
        every_client,
        None if every_client else _client_of(engine, current_user.id),
        engine,
    )


def _client_of(engine: Engine, user_id: int) -> Client | None:
    """The one place that asks before it is known whose rows are asked for: which client a log-in belongs to."""
    with UnitOfWork(engine, every_client=True) as uow:
        row = uow.execute(sql("reports/viewer/client_of_user"), {"user_id": user_id}).mappings().one_or_none()
    return None if row is None else Client(**row)


def guard(app: Flask) -> None:
    """Send whoever is not logged in to the log-in, before a view or a form parser sees the request."""

    @app.before_request
    def require_login() -> AnyResponse | str | None:
        g.user = (
            current_user  # Flask-AppBuilder sets it too, but only after CSRFProtect may have drawn a page
        )
        if request.endpoint in PUBLIC_ENDPOINTS:
            return None
        if current_user.is_authenticated:
            sessions.seen()
            return None
        sessions.forget_ended()
        return _to_login()

    @app.context_processor
    def people() -> dict[str, Any]:
        return {"viewer": viewer() if current_user.is_authenticated else None}

    app.add_template_global(may)


def _to_login() -> AnyResponse | str:
    if framed():
        # The log-in itself may not be framed.
        return render_template("framed_out.html", address=url_for("IndexView.index", _external=True))
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    login = url_for("PortalAuthView.login", next=back)
    if "HX-Request" in request.headers:
        # A piece of a page: the whole page goes to the log-in, and comes back to itself.
        return Response(status=401, headers={"HX-Refresh": "true"})
    if request.headers.get("Accept", "").startswith(("text/event-stream", "application/json")):
        return Response(status=401)
    return redirect(login)
