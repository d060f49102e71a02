"""Finds clients and campaigns by the names that people type."""

from uuid import UUID

from sqlalchemy import Engine, select

from pipelines.errors import NotFound
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client
from pipelines.tables.feeds import Campaign


def client_by_slug(engine: Engine, slug: str) -> UUID:
    """The client's id. Raises NotFound, naming the slug and those that there are: this is for the operator's staff alone."""
    with UnitOfWork(engine, every_client=True) as uow:
        known: dict[str, UUID] = {
            row.slug: row.id for row in uow.all(select(Client.slug, Client.id).order_by(Client.slug))
        }
    if slug not in known:
        raise NotFound(f"There is no client {slug!r}. There are: {', '.join(known) or 'none'}.")
    return known[slug]


def campaign_by_slug(engine: Engine, client_id: UUID, slug: str) -> UUID:
    """The id of this client's campaign. Raises NotFound, naming the slug and those that the client has."""
    of_client = select(Campaign.slug, Campaign.id).where(Campaign.client_id == client_id)
    with UnitOfWork(engine, client_id) as uow:
        known: dict[str, UUID] = {row.slug: row.id for row in uow.all(of_client.order_by(Campaign.slug))}
    if slug not in known:
        raise NotFound(f"This client has no campaign {slug!r}. It has: {', '.join(known) or 'none'}.")
    return known[slug]
