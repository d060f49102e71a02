"""Finds clients and campaigns by the names that people type."""

from uuid import UUID

from sqlalchemy import Engine, select

from pipelines.errors import NotFound
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client
from pipelines.tables.feeds import Campaign


def client_by_slug(engine: Engine, slug: str) -> UUID:
    """The client's id. Raises NotFound, naming the slug."""
    with UnitOfWork(engine, every_client=True) as uow:
        found: UUID | None = uow.scalar(select(Client.id).where(Client.slug == slug))
    if found is None:
        raise NotFound(f"There is no client {slug!r}.")
    return found


def campaign_by_slug(engine: Engine, client_id: UUID, slug: str) -> UUID:
    """The id of this client's campaign. Raises NotFound, naming the slug."""
    with UnitOfWork(engine, client_id) as uow:
        found: UUID | None = uow.scalar(
            select(Campaign.id).where(Campaign.client_id == client_id, Campaign.slug == slug)
        )
    if found is None:
        raise NotFound(f"This client has no campaign {slug!r}.")
    return found
