"""The campaigns that the upload page offers."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.feeds import Campaign


@dataclass(frozen=True)
class OpenCampaign:
    """A campaign that accepts files."""

    id: UUID
    name: str


def open_campaigns(uow: UnitOfWork) -> list[OpenCampaign]:
    """The viewer's campaigns that accept files, by name."""
    statement = select(Campaign.id, Campaign.name).where(Campaign.state == "active").order_by(Campaign.name)
    return [OpenCampaign(row.id, row.name) for row in uow.all(statement)]
