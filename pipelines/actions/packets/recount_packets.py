"""Recounts settled packets, and raises an alarm if something outside Packetboat has changed their rows (docs/decisions/0014)."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import structlog
from sqlalchemy import Engine, TextClause

from pipelines.billing.proofs import packet_differences
from pipelines.reports.needs import FLAWS
from pipelines.states import COUNT_OUTCOMES, Outcome
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

AGAIN_SECONDS = 3600  # between two recounts of an unchanged packet
DAYS = (
    30  # older packets are recounted this often: all of them each hour would keep a processor busy for ever
)
MONEY_DIFFERS = "money_differs"
MAX_ROWS = 50_000  # per round: two or three seconds of one busy processor, at most every minute

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recounted:
    """How many packets were recounted, and how many of them do not add up."""

    packets: int
    flawed: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What does not add up in a packet, and in how many cases."""

    packet_id: UUID
    code: str
    cases: int


def recount_packets(engine: Engine, *, packet_id: UUID | None = None, max_rows: int = MAX_ROWS) -> Recounted:
    """Recount recently changed packets and some of the rest, or one settled packet, and raise and clear alarms."""
    parameters = {"packet_id": packet_id, "again_seconds": AGAIN_SECONDS, "days": DAYS, "max_rows": max_rows}
    with UnitOfWork(engine, every_client=True) as uow:
        ids = [row.packet_id for row in uow.all(sql("actions/recount_packets/due"), parameters)]
        if not ids:
            return Recounted(0, 0)
        flaws = find_flaws(uow, ids)
        columns = {
            "packet_ids": [flaw.packet_id for flaw in flaws],
            "codes": [flaw.code for flaw in flaws],
            "cases": [flaw.cases for flaw in flaws],
        }
        uow.execute(sql("actions/recount_packets/proved"), {"packet_ids": ids})
        uow.execute(
            sql("actions/recount_packets/clear"),
            {
                "packet_ids": ids,
                "flaws": list(FLAWS),
                "found_ids": columns["packet_ids"],
                "found_codes": columns["codes"],
            },
        )
        uow.execute(sql("actions/recount_packets/raise"), columns)
        uow.commit()
    for flaw in flaws:
        log.error("packet_does_not_add_up", packet_id=str(flaw.packet_id), code=flaw.code, cases=flaw.cases)
    return Recounted(len(ids), len({flaw.packet_id for flaw in flaws}))


def find_flaws(uow: UnitOfWork, packet_ids: list[UUID]) -> list[Flaw]:
    """The flaws of the rows and messages of settled packets, and of their money: one for each packet, with the number of laws that do not hold."""
    flawed = uow.all(_flaws(), {"packet_ids": packet_ids} | COUNT_OUTCOMES)
    money = Counter(row.packet_id for row in packet_differences(uow, packet_ids))
    return [
        *(Flaw(row.packet_id, row.code, int(row.cases)) for row in flawed),
        *(Flaw(packet_id, MONEY_DIFFERS, laws) for packet_id, laws in money.items()),
    ]


@cache
def _flaws() -> TextClause:
    return sql_with(
        "actions/recount_packets/flaws",
        {
            "counts": ", ".join(
                f"count(*) filter (where in_file and outcome = '{name}') as {name}" for name in Outcome
            ),
            "pairs": ", ".join(f"(coalesce(counted.{name}, 0), total.{name})" for name in Outcome),
        },
    )
