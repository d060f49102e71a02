"""Marks a reply as read by a person, so that it no longer needs one."""

from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.scope import seen_by
from pipelines.errors import NotFound
from pipelines.store.sqlfile import sql


def handle_reply(engine: Engine, client_id: UUID | None, reply_id: UUID, by: str) -> None:
    """`client_id` is whose replies the person may see, None for support. Raises NotFound, also for another client's reply."""
    with seen_by(engine, client_id) as uow:
        if not uow.all(sql("replies/handled"), {"id": reply_id, "by": by}):
            raise NotFound("no_such_reply")
        uow.commit()
