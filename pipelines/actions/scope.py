"""The rows that an action may see: one client's, or for support staff every client's."""

from uuid import UUID

from sqlalchemy import Engine

from pipelines.store.unit_of_work import UnitOfWork


def seen_by(engine: Engine, client_id: UUID | None) -> UnitOfWork:
    """A transaction that sees what `client_id` may see; None sees every client."""
    if client_id is None:
        return UnitOfWork(engine, every_client=True)
    return UnitOfWork(engine, client_id)
