"""Who is looking, and whose rows they may see: every query goes through the viewer's unit of work, so row-level security
applies to all of them (S1, S3).
"""

from dataclasses import dataclass, field
from uuid import UUID

from flask import current_app, g
from flask_login import current_user
from sqlalchemy import Engine

from pipelines.reports.viewer import ViewersClient
from pipelines.store.unit_of_work import NO_CLIENT, UnitOfWork

# The permission that tells the support staff from everybody else, and the name that Flask-AppBuilder keeps it under.
SEE_EVERY_CLIENT = ("can_see_every_client", "clients")


@dataclass(frozen=True)
class Viewer:
    """The person who is logged in: of one client, or of the support staff with `every_client`."""

    username: str
    full_name: str
    every_client: bool
    client: ViewersClient | None
    engine: Engine = field(repr=False)

    @property
    def time_zone(self) -> str:
        return self.client.time_zone if self.client else "UTC"

    @property
    def sees(self) -> UUID | None:
        """The client whose rows this person may see, None for every client; somebody who belongs to no client sees nobody's."""
        if self.every_client:
            return None
        return self.client.id if self.client else NO_CLIENT

    def unit_of_work(self) -> UnitOfWork:
        """A transaction that sees what this person may see."""
        return UnitOfWork(self.engine, self.sees, every_client=self.every_client)


def viewer() -> Viewer:
    """The person behind this request, looked up once. Only for those who are logged in."""
    if "viewer" not in g:
        g.viewer = _look_up()
    known: Viewer = g.viewer
    return known


def may(permission: str, area: str = "packets") -> bool:
    """Whether this person's roles hold a permission in an area (a folder of webapp/areas): `can_rerun`."""
    return bool(current_app.appbuilder.sm.has_access(permission, area))


def _look_up() -> Viewer:
    every_client = may(*SEE_EVERY_CLIENT)
    engine = current_app.extensions["packetboat"].engine("app")
    return Viewer(
        current_user.username,
        current_user.get_full_name().strip() or current_user.username,
        every_client,
        None if every_client else _client_of(engine, current_user.id),
        engine,
    )


def _client_of(engine: Engine, user_id: int) -> ViewersClient | None:
    """The one place that asks before it is known whose rows are asked for."""
    with UnitOfWork(engine, every_client=True) as uow:
        return ViewersClient.of_user(uow, user_id)
