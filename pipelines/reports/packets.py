"""The packet list, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args
from uuid import UUID

from sqlalchemy import select

from pipelines.language import Sentence
from pipelines.reports.going_on import going_on
from pipelines.reports.needs import FOR_CLIENT, STALLED, Need, needs_of
from pipelines.reports.pauses import Pause, pauses_of
from pipelines.states import PREPARE_STEPS
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.clients import Client

PAGE = 25
Shown = Literal["all", "moving", "attention", "finished"]


@dataclass(frozen=True)
class ListedPacket:
    """One line of the list. The counts are None until the file has been read, and provisional until the packet is settled."""

    id: UUID
    file_name: str
    state: str
    problem: Sentence | None
    received_at: datetime
    campaign: str
    client_id: UUID
    client: str
    time_zone: str
    rows_in: int | None
    held: int | None
    sent: int | None
    goes_on_at: datetime | None
    next_due: int | None
    pauses: list[Pause]
    needs: list[Need]

    @property
    def goes_on(self) -> Sentence | None:
        """When sending goes on, if it waits for that alone."""
        return None if self.pauses else going_on(self.goes_on_at, self.next_due, self.time_zone)


@dataclass(frozen=True)
class PacketList:
    packets: list[ListedPacket]
    next_before: UUID | None

    @classmethod
    def read(
        cls,
        uow: UnitOfWork,
        *,
        shown: Shown = "all",
        client_id: UUID | None = None,
        before: UUID | None = None,
        for_support: bool = False,
    ) -> Self:
        """The packets before `before`, newest first; `next_before` starts the next page and is None on the last.

        `for_support` leaves out of "attention" what only the client can fix.
        """
        parameters = {"before": before, "client_id": client_id, "shown": shown, "page": PAGE + 1} | {
            "stalled": list(STALLED),
            "prepare_steps": list(PREPARE_STEPS),
            "others": sorted(FOR_CLIENT) if for_support else [],
        }
        rows = uow.execute(sql("reports/packets/packets"), parameters).mappings().all()
        packets = [_listed(dict(row)) for row in rows[:PAGE]]
        return cls(packets, packets[-1].id if len(rows) > PAGE else None)


def _listed(row: dict[str, Any]) -> ListedPacket:
    problem = Sentence.read(row.pop("problem_code"), row.pop("problem_params"))
    lists = {"needs": needs_of(row["needs"]), "pauses": pauses_of(row["pauses"])}
    return ListedPacket(**{**row, "problem": problem, **lists})


def shown_or_all(word: str | None) -> Shown:
    """The filter from a query string; "all" for any unknown word."""
    filters: tuple[Shown, ...] = get_args(Shown)
    return next((one for one in filters if one == word), "all")


def client_name(uow: UnitOfWork, client_id: UUID) -> str | None:
    """The name of the client that the list is filtered by; None when the viewer may not see it."""
    name: str | None = uow.scalar(select(Client.name).where(Client.id == client_id))
    return name


def packet_of_run(uow: UnitOfWork, run_id: str) -> UUID | None:
    """The packet of an Airflow run, be it the packet's newest or an earlier one; None when the viewer may see no such packet."""
    packet_id: UUID | None = uow.scalar(sql("reports/packet/of_run"), {"run_id": run_id})
    return packet_id
