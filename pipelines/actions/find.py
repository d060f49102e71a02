"""Finds clients and campaigns by the names that people type."""

from uuid import UUID

from sqlalchemy import Engine, Select, select

from pipelines.errors import NotFound
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client
from pipelines.tables.feeds import Campaign

MOST_NAMED = 20


def client_by_slug(engine: Engine, slug: str) -> UUID:
    """The client's id. Raises NotFound, naming the slug and some that there are: this is for the operator's staff alone."""
    with UnitOfWork(engine, every_client=True) as uow:
        found: UUID | None = uow.scalar(select(Client.id).where(Client.slug == slug))
        if found is None:
            known = _some(uow, select(Client.slug).order_by(Client.slug))
            raise NotFound(f"There is no client {slug!r}. There are: {known}.")
    return found


def campaign_by_slug(engine: Engine, client_id: UUID, slug: str) -> UUID:
    """The id of this client's campaign. Raises NotFound, naming the slug and some that the client has."""
    of_client = Campaign.client_id == client_id
    with UnitOfWork(engine, client_id) as uow:
        found: UUID | None = uow.scalar(select(Campaign.id).where(of_client, Campaign.slug == slug))
        if found is None:
            known = _some(uow, select(Campaign.slug).where(of_client).order_by(Campaign.slug))
            raise NotFound(f"This client has no campaign {slug!r}. It has: {known}.")
    return found


def _some(uow: UnitOfWork, slugs: Select[str]) -> str:
    """The first of these names, as a sentence ends with them."""
    names = [row.slug for row in uow.all(slugs.limit(MOST_NAMED + 1))]
    return ", ".join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])]) or "none"
