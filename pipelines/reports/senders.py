"""The list of senders, for the operator's staff."""

from dataclasses import dataclass

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SenderLine:
    """A sender in the list. `client` is the client's short name. Messages come from the active sender with the lowest usable `priority`."""

    client: str
    channel: str
    provider: str
    address: str
    state: str
    priority: int


def senders(uow: UnitOfWork) -> list[SenderLine]:
    """Every sender that the transaction may see, by client and channel."""
    return [SenderLine(**row) for row in uow.execute(sql("reports/senders/senders")).mappings()]
