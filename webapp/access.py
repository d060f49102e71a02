"""The viewer of a page, and whose rows they may see. Every query goes through the viewer's unit of work, so row-level security
applies to all of them (S1, S3).
"""

from dataclasses import dataclass, field
from uuid import UUID

from flask import current_app, g
from flask_login import current_user
from sqlalchemy import Engine

from pipelines.reports.viewer import ViewersClient
from pipelines.store.unit_of_work import NO_CLIENT, UnitOfWork

# The permission that distinguishes the support staff, and the name under which Flask-AppBuilder stores it.
SEE_EVERY_CLIENT = ("can_see_every_client", "clients")


@dataclass(frozen=True)
class Viewer:
    """The person who is logged in: a member of one client, or of the support staff (`every_client`)."""

    username: str
    full_name: str
    every_client: bool
    client: ViewersClient | None
    engine: Engine = field(repr=False)

    @property
    def time_zone(self) -> str:
        return self.client.time_zone if self.client else "UTC"

    @property
    def visible_client_id(self) -> UUID | None:
        """The client whose rows this person may see; None for every client, NOBODY for a person without a client."""
        if self.every_client:
            return None
        return self.client.id if self.client else NO_CLIENT

    def unit_of_work(self) -> UnitOfWork:
        """A transaction that sees only what this person may see."""
        return UnitOfWork(self.engine, self.visible_client_id, every_client=self.every_client)


def viewer() -> Viewer:
    """The person behind this request, looked up once. Somebody must be logged in."""
    if "viewer" not in g:
        g.viewer = _look_up()
    current: Viewer = g.viewer
    return current


def may(permission: str, area: str = "packets") -> bool:
    """Whether this person's roles have a permission such as `can_rerun` in an area (a folder of webapp/areas)."""
    return bool(current_app.extensions["appbuilder"].sm.has_access(permission, area))


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
    """The client of a user. This is the only query that runs before the viewer's client is known."""
    with UnitOfWork(engine, every_client=True) as uow:
        return ViewersClient.of_user(uow, user_id)
