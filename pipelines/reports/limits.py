"""The sending limits, and the countries to which clients may send."""

from dataclasses import dataclass

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in the provider's units; without a client it holds for all clients together."""

    client: str | None
    scope: str
    subject: str
    per_second: float | None
    per_day: int | None
    used_today: int


@dataclass(frozen=True, slots=True)
class Countries:
    """The countries (ISO 3166; * for every one) to which a client may send."""

    client: str
    countries: list[str]


def limits(uow: UnitOfWork) -> list[Limit]:
    return [Limit(**row._asdict()) for row in uow.all(sql("reports/limits/limits"))]


def countries(uow: UnitOfWork) -> list[Countries]:
    return [Countries(**row._asdict()) for row in uow.all(sql("reports/limits/countries"))]
