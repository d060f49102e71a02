"""Who may not be contacted, since when and why (R47)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_LINES = 10_000  # of a list


@dataclass(frozen=True)
class ListedSuppression:
    """One line of the list. `address` is None for a person who was erased: then only a keyed hash is left."""

    address: str | None
    channel: str
    reason: str
    source: str
    created_at: datetime


@dataclass(frozen=True)
class SuppressionChange:
    """What was added or lifted, by what or by whom, and why."""

    channel: str
    reason: str
    change: str
    source: str
    note: str | None
    changed_at: datetime


def suppressions(uow: UnitOfWork, client_id: UUID) -> list[ListedSuppression]:
    """The client's suppressions, newest first; those of the platform are not shown to anybody."""
    rows = uow.execute(
        sql("reports/people/suppressions"), {"client_id": client_id, "limit": MAX_LINES}
    ).mappings()
    return [ListedSuppression(**row) for row in rows]


def changes(uow: UnitOfWork, client_id: UUID, address: str) -> list[SuppressionChange]:
    """Everything that was ever added or lifted for an address, also after it was erased."""
    rows = uow.execute(sql("reports/people/changes"), {"client_id": client_id, "address": address}).mappings()
    return [SuppressionChange(**row) for row in rows]
