"""The client of a portal user."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ViewersClient:
    """The client that a user belongs to. `balance_minor` is in the smallest unit of `currency` (ISO 4217); both are None without an account."""

    id: UUID
    name: str
    language: str
    time_zone: str
    currency: str | None
    balance_minor: int | None

    @classmethod
    def of_user(cls, uow: UnitOfWork, user_id: int) -> Self | None:
        """The client of a portal user; None for staff and for a user without a client."""
        parameters = {"user_id": user_id}
        row = uow.execute(sql("reports/viewer/client_of_user"), parameters).mappings().one_or_none()
        return None if row is None else cls(**row)
