"""What people agreed to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_LINES = 10_000  # of a list


@dataclass(frozen=True)
class ListedConsent:
    """A record; `person`, `address` and `ip` are None once the person is erased."""

    number: int
    given: bool
    channel: str
    purpose: str
    person: str | None
    address: str | None
    text_shown: str
    text_version: str
    source: str
    ip: str | None
    given_at: datetime


def consents(uow: UnitOfWork, client_id: UUID, address: str | None = None) -> list[ListedConsent]:
    """The client's records, newest first, of one address or of all."""
    parameters = {"client_id": client_id, "address": address, "limit": MAX_LINES}
    rows = uow.execute(sql("reports/people/consents"), parameters).mappings()
    return [ListedConsent(**row) for row in rows]
