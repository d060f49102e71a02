"""Finds clients and campaigns by the names that people type."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Engine, Select, select

from pipelines.errors import NotFound
from pipelines.language import Sentence
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client
from pipelines.tables.feeds import Campaign

MAX_NAMED = 20


def client_by_slug(engine: Engine, slug: str) -> UUID:
    """The client's id. Raises NotFound with the slug and some existing ones: for the operator's staff only."""
    with UnitOfWork(engine, every_client=True) as uow:
        client_id: UUID | None = uow.scalar(select(Client.id).where(Client.slug == slug))
        if client_id is None:
            known = _some(uow, select(Client.slug).order_by(Client.slug))
            if known:
                raise NotFound("no_such_client_among", client=slug, known=known)
            raise NotFound("no_such_client", client=slug)
    return client_id


def slugs_of(engine: Engine, client_ids: Collection[UUID]) -> dict[UUID, str]:
    """The slugs of these clients, by id: for the operator's staff only."""
    with UnitOfWork(engine, every_client=True) as uow:
        rows = uow.all(select(Client.id, Client.slug).where(Client.id.in_(client_ids)))
    return {row.id: row.slug for row in rows}


def campaign_by_slug(engine: Engine, client_id: UUID, slug: str) -> UUID:
    """The id of this client's campaign. Raises NotFound with the slug and some that the client has."""
    of_client = Campaign.client_id == client_id
    with UnitOfWork(engine, client_id) as uow:
        campaign_id: UUID | None = uow.scalar(select(Campaign.id).where(of_client, Campaign.slug == slug))
        if campaign_id is None:
            known = _some(uow, select(Campaign.slug).where(of_client).order_by(Campaign.slug))
            if known:
                raise NotFound("no_such_campaign_among", campaign=slug, known=known)
            raise NotFound("no_such_campaign_of_client", campaign=slug)
    return campaign_id


def _some(uow: UnitOfWork, slugs: Select[str]) -> list[str | Sentence]:
    """The first of these slugs, and “and others” if there are more."""
    names = [row.slug for row in uow.all(slugs.limit(MAX_NAMED + 1))]
    return [*names[:MAX_NAMED], *([Sentence("and_others")] if len(names) > MAX_NAMED else [])]
