"""Erases personal data of packets and keeps the accounts: totals, states, ids and the ledger stay (B18).

What is erased: the cells of the file, the typed rows, values of held rows, addresses and texts of messages, the providers' reports, the
quality result, and the stored file. Suppressions become keyed hashes where the client has the address nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from uuid import UUID

import structlog
from sqlalchemy import Engine, TextClause

from pipelines.domain.fields import ADDRESSES
from pipelines.domain.retention import RETENTION_DAYS, UNKNOWN_DAYS
from pipelines.store.deadlocks import untangled
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

CHUNK = 20_000  # rows of a transaction
MAX_PACKETS = 100  # of a run
UNMATCHED_DAYS = 90  # reports of providers that belong to no message
# In the order in which other transactions lock: messages first (docs/how-nothing-is-doubled.md).
CHUNK_STATEMENTS = ("events", "messages", "replies", "rows", "clean_rows", "held_rows")
# What came after an erasure, or belongs to no packet.
LATE_STATEMENTS = ("late_events", "late_replies", "answers_of_erased", "platform_suppressions")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DuePacket:
    """A packet to erase; `row_nos` are the rows of the person with this `address`, or both are None for all."""

    packet_id: UUID
    client_id: UUID
    sha256: str
    retention_days: int | None = None
    row_nos: Sequence[int] | None = None
    address: str | None = None


def erase_due(engine: Engine, files: Files) -> int:
    """Erase every packet whose time is over. Returns how many. Running it again goes on where it was interrupted."""
    count = 0
    while due := _due(engine):
        for packet in due:
            erase_packet(engine, files, packet)
            count += 1
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("erase/old_events"), {"days": UNMATCHED_DAYS})
        uow.execute(sql("erase/old_replies"), {"days": UNMATCHED_DAYS})
        for statement in LATE_STATEMENTS:
            uow.execute(sql(f"erase/{statement}"))
        uow.execute(_suppressions())
        uow.commit()
    return count


def erase_packet(engine: Engine, files: Files, packet: DuePacket) -> None:
    """Erase a whole packet, in chunks, so that no transaction is long. It counts as erased once all of them are."""
    rows, messages = erase_rows(engine, packet)
    with UnitOfWork(engine, packet.client_id) as uow:
        ids = {"packet_id": packet.packet_id, "client_id": packet.client_id}
        uow.execute(sql("erase/lock"), ids)
        uow.execute(sql("erase/quality"), ids)
        uow.execute(sql("erase/close"), ids)
        _prove(uow, packet, rows, messages)
        uow.commit()
    files.delete_unless_needed(engine, packet.sha256)
    log.info("packet_erased", packet_id=str(packet.packet_id), rows=rows, messages=messages)


def erase_rows(engine: Engine, packet: DuePacket) -> tuple[int, int]:
    """Erase the rows of a packet and everything that was made of them. Returns how many rows and messages.

    Those of a person are proven with the last of them: afterwards nothing leads from the person to this packet, if it is interrupted.
    """
    rows = messages = 0
    chunks = _chunks(engine, packet)
    for chunk in chunks:
        before = (rows, messages) if packet.row_nos is not None and chunk is chunks[-1] else None
        erased = untangled(engine, partial(_erase_chunk, packet, chunk, before), packet.client_id)
        rows += erased["rows"]
        messages += erased["messages"]
    return rows, messages


def _erase_chunk(
    packet: DuePacket, chunk: dict[str, object], before: tuple[int, int] | None, uow: UnitOfWork
) -> dict[str, int]:
    """Erase a part of a packet. If it is the last one of a person, add the proof; `before`: how many rows and messages the others had."""
    uow.execute(_remember(), chunk | {"client_id": packet.client_id, "address": packet.address})
    uow.execute(sql("erase/messages_lock"), chunk)
    counts = {name: uow.execute(sql(f"erase/{name}"), chunk).rowcount for name in CHUNK_STATEMENTS}
    if before is not None:
        _prove(uow, packet, before[0] + counts["rows"], before[1] + counts["messages"])
    uow.commit()
    return counts


def _prove(uow: UnitOfWork, packet: DuePacket, rows: int, messages: int) -> None:
    """Add the proof; none that nothing of a person was left to erase, because another erasure was faster."""
    if packet.row_nos is not None and not rows + messages:
        return
    about = {
        "client_id": packet.client_id,
        "packet_id": packet.packet_id,
        "kind": "retention" if packet.row_nos is None else "person",
        "retention_days": packet.retention_days,
    }
    uow.execute(sql("erase/proof"), about | {"rows": rows, "messages": messages})


def _due(engine: Engine) -> list[DuePacket]:
    retention = {"types": list(RETENTION_DAYS), "days": list(RETENTION_DAYS.values())}
    with UnitOfWork(engine, every_client=True) as uow:
        rows = uow.all(sql("erase/due"), retention | {"unknown_days": UNKNOWN_DAYS, "limit": MAX_PACKETS})
        return [DuePacket(**row._mapping) for row in rows]  # noqa: SLF001


def _chunks(engine: Engine, packet: DuePacket) -> list[dict[str, object]]:
    """The parts of a packet that have rows to erase."""
    return [
        {
            "packet_id": packet.packet_id,
            "from_row": first,
            "to_row": first + CHUNK - 1,
            "row_nos": None if packet.row_nos is None else list(packet.row_nos),
        }
        for first in _first_rows(engine, packet)
    ]


def _first_rows(engine: Engine, packet: DuePacket) -> Iterable[int]:
    if packet.row_nos is not None:
        return sorted({row_no // CHUNK * CHUNK for row_no in packet.row_nos})
    with UnitOfWork(engine, packet.client_id) as uow:
        last = uow.scalar(sql("erase/last_row"), {"packet_id": packet.packet_id})
    return range(0, last + 1, CHUNK)


@cache
def _remember() -> TextClause:
    return sql_with("erase/remember", {"addresses": ", ".join(field.name for field in ADDRESSES)})


@cache
def _suppressions() -> TextClause:
    addresses = ", ".join(f"comparable_address(clean_row.{field.name})" for field in ADDRESSES)
    return sql_with("erase/suppressions", {"addresses": addresses})
