"""Tells this database from a restored or copied one, and holds all sending when it is not the one that we knew (docs/decisions/0027).

What went out after a backup was made is not in it. So nothing may be sent from a restored database before a person has released it, and
whatever may have gone out is unknown.
"""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import structlog
from sqlalchemy import Connection, Engine, RowMapping

from pipelines.events.locks import lock_messages_of
from pipelines.events.pauses import PLATFORM, begin_pause
from pipelines.events.totals import keep_totals
from pipelines.language import Sentence
from pipelines.store.deadlocks import untangled
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.store.whole_file import replace_file

FILE = "epoch.json"  # in the home, outside the database
BATCH = 1_000  # calls or messages per transaction
BY = "Packetboat"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Epoch:
    """The identity of a database, how often it was counted, and how many bytes of WAL its server had written."""

    system: str
    timeline: int
    database: int
    tables: int
    beat: int
    written: int

    @classmethod
    def of(cls, facts: RowMapping | dict[str, Any]) -> Self:
        """From a row of sql/events/epoch/read, as a mapping, or from the file."""
        names = ("system", "timeline", "database", "tables", "beat", "written")
        return cls(*(facts[name] for name in names))

    def continues(self, known: "Epoch") -> bool:
        """Whether this is the database that was `known`, at that time or later."""
        same = (self.system, self.timeline, self.database, self.tables) == (
            known.system,
            known.timeline,
            known.database,
            known.tables,
        )
        return same and self.beat >= known.beat and self.written >= known.written


def known_epoch(home: Path) -> Epoch | None:
    """What the file remembers; None without a readable file."""
    try:
        return Epoch.of(json.loads((home / FILE).read_text()))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def is_restored(connection: Connection, home: Path) -> bool:
    """Whether this connection leads to another database than the file remembers. Without a file nobody knows: False."""
    known = known_epoch(home)
    row = connection.execute(sql("events/epoch/read")).mappings().one()
    return _is_another(row, known) if known else not row["same_tables"]


def _is_another(row: RowMapping, known: Epoch) -> bool:
    return not row["same_tables"] or not Epoch.of(row).continues(known)


def hold(engine: Engine) -> None:
    """Put the platform on hold because its database was restored."""
    with UnitOfWork(engine, every_client=True) as uow:
        begin_pause(uow, PLATFORM, Sentence("hold_restored"), by=BY)
        uow.commit()


def begin_epoch(engine: Engine, home: Path) -> bool:
    """Compare the database with the file before anything may send. True if it is on hold now, because it was restored or copied.

    A database that has never been used is taken as it is.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        row = uow.execute(sql("events/epoch/read")).mappings().one()
    known = known_epoch(home)
    new = row["beat"] == 0
    restored = not new and (known is None or _is_another(row, known))
    if restored:
        log.error("database_restored", beat=row["beat"], known=known and known.beat)
        hold(engine)
        _doubt_what_was_lost(engine)
    _count(engine, home, known.beat if known and not new else 0)
    return restored


def watch_epoch(engine: Engine, home: Path) -> None:
    """Count the epoch, if a start has begun one; hold everything if the database was exchanged meanwhile."""
    if known_epoch(home) is not None:
        begin_epoch(engine, home)


def _count(engine: Engine, home: Path, at_least: int) -> None:
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/epoch/beat"), {"beat": at_least})
        uow.commit()
        epoch = Epoch.of(uow.execute(sql("events/epoch/read")).mappings().one())
    replace_file(home / FILE, json.dumps(asdict(epoch)))


def _doubt_what_was_lost(engine: Engine) -> None:
    """Make unknown what may have gone out since the backup: calls that were under way, and every message that was due.

    A packet that had no messages yet is paused: it may have been sent as well.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        reason = Sentence("paused_restored")
        pause = {"code": reason.code, "begun_by": BY}
        paused = uow.all(sql("events/epoch/pause_unassembled"), pause)
        uow.commit()
    messages = 0
    while moved := untangled(engine, _doubt_calls, every_client=True):
        messages += moved
    with UnitOfWork(engine, every_client=True) as uow:
        packets = [row.id for row in uow.all(sql("events/epoch/open_packets"))]
    while moved := untangled(engine, partial(_doubt_due, packets), every_client=True):
        messages += moved
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/epoch/for_a_person"))
        uow.execute(sql("events/epoch/lost_forwards"))
        promises = uow.execute(sql("events/epoch/lost_promises")).rowcount
        uow.commit()
    log.warning("messages_in_doubt", messages=messages, promises=promises, packets_paused=len(paused))


def _doubt_calls(uow: UnitOfWork) -> int:
    calls = {"call_ids": [row.id for row in uow.all(sql("events/epoch/lost_lock"), {"limit": BATCH})]}
    lock_messages_of(uow, calls["call_ids"])
    uow.execute(sql("events/epoch/lost_calls"), calls)
    keep_totals(uow, uow.all(sql("events/unanswered_messages"), calls | {"error_code": "restored"}))
    uow.commit()
    return len(calls["call_ids"])


def _doubt_due(packet_ids: list[Any], uow: UnitOfWork) -> int:
    due = uow.all(sql("events/epoch/due_lock"), {"packet_ids": packet_ids, "limit": BATCH})
    if not due:
        return 0
    columns = {
        "message_ids": [row.id for row in due],
        "packet_ids": [row.packet_id for row in due],
        "client_ids": [row.client_id for row in due],
        "channels": [row.channel for row in due],
        "attempt_nos": [row.attempt_no for row in due],
    }
    uow.execute(sql("events/epoch/due_calls"), columns)
    keep_totals(uow, uow.all(sql("events/epoch/due_messages"), columns))
    uow.commit()
    return len(due)
