"""The list of clients, for the operator's staff."""

from dataclasses import dataclass

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in the list. `campaigns` is how many it has."""

    slug: str
    name: str
    state: str
    region: str
    language: str
    time_zone: str
    campaigns: int


def clients(uow: UnitOfWork) -> list[ClientLine]:
    """Every client that the transaction may see, by short name."""
    return [ClientLine(**row) for row in uow.execute(sql("reports/clients/clients")).mappings()]
