"""What every step receives and returns, and the journal row of each attempt (R3)."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Engine, Row

from pipelines.channels.lanes import Lane
from pipelines.errors import StepFailed, TryLater
from pipelines.language import Sentence
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PROGRESS_EVERY = 0.5  # seconds between two updates of a running step's progress


@dataclass(frozen=True)
class PacketFacts:
    """What the steps need to know about a packet, its feed, campaign and client, read once at the start of a step.

    `region`, `language` and `time_zone` are the feed's if it sets them, else the client's. `campaign` holds the details of the version that
    the packet is pinned to.
    """

    id: UUID
    client_id: UUID
    campaign_id: UUID
    campaign_version_id: UUID
    feed_id: UUID
    revision: int
    state: str
    file_name: str
    sha256: str
    bytes: int
    header: list[str] | None
    dialect: dict[str, Any] | None
    load_map_id: UUID | None
    received_at: datetime
    client_slug: str
    client_name: str
    region: str
    language: str
    time_zone: str
    feed_settings: dict[str, Any]
    campaign: dict[str, Any]

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self | None:
        """The packet, or None when there is none that this transaction may see."""
        row = uow.execute(sql("steps/packet/facts"), {"packet_id": packet_id}).mappings().one_or_none()
        return None if row is None else cls(**row)


class Progress:
    """Shows how far a running step is. Written on its own connection, because the step's transaction is not committed yet."""

    def __init__(self, engine: Engine, client_id: UUID, journal_id: UUID) -> None:
        self._engine, self._client_id, self._journal_id = engine, client_id, journal_id
        self._expected: int | None = None
        self._next_update = time.monotonic() + PROGRESS_EVERY

    def expect(self, rows: int) -> None:
        """Set how many rows there are in all."""
        self._expected = rows

    def done(self, rows: int) -> None:
        """Report how many rows are done. Cheap: it writes at most twice a second."""
        if time.monotonic() < self._next_update:
            return
        self._next_update = time.monotonic() + PROGRESS_EVERY
        with UnitOfWork(self._engine, self._client_id) as uow:
            uow.execute(
                sql("steps/journal/progress"),
                {"journal_id": self._journal_id, "rows_done": rows, "rows_expected": self._expected},
            )
            uow.commit()


@dataclass(frozen=True)
class StepContext:
    """What a step works with. It must not commit `uow`: `steps.run` commits its work and the journal together.

    A step reaches the database through `uow` alone; if it needs a connection of its own, it opens one on `uow.engine`.
    """

    packet: PacketFacts
    uow: UnitOfWork
    progress: Progress
    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    run_id: str | None = None
    lane: Lane | None = None


@dataclass(frozen=True)
class StepResult:
    """The result of a step, in rows. `rows_held` counts the rows that this step held.

    `stop` stops the packet with this error, but keeps the step's work, so that a person can look at it. `again` asks for another run of a step
    that has done its part for now; the journal shows it as done.
    """

    rows_in: int
    rows_out: int
    rows_held: int
    bytes: int = 0
    note: Sentence | None = None
    stop: StepFailed | None = None
    again: TryLater | None = None


def begin(engine: Engine, client_id: UUID, packet_id: UUID, step: str, lane: str, run_id: str | None) -> UUID:
    """Open the journal row of this attempt, in a transaction of its own. An earlier attempt that died is closed as failed."""
    with UnitOfWork(engine, client_id) as uow:
        parameters = {"client_id": client_id, "packet_id": packet_id, "step": step, "lane": lane}
        uow.execute(sql("steps/journal/lock"), parameters | {"packet_id": str(packet_id)})
        uow.execute(sql("steps/journal/close_orphans"), parameters)
        journal_id: UUID = uow.scalar(sql("steps/journal/begin"), parameters | {"run_id": run_id})
        uow.commit()
    return journal_id


def before(uow: UnitOfWork, journal_id: UUID) -> Row[Any]:
    """The history of this attempt: `repeated` (its run has tried the step before), `deaths` (how many attempts right before it died)."""
    return uow.one(sql("steps/journal/before"), {"journal_id": journal_id})


def finish(uow: UnitOfWork, journal_id: UUID, state: str, result: StepResult) -> None:
    """Close the journal row in the transaction of the work itself."""
    uow.execute(
        sql("steps/journal/finish"),
        {
            "journal_id": journal_id,
            "state": state,
            "rows_in": result.rows_in,
            "rows_out": result.rows_out,
            "rows_held": result.rows_held,
            "bytes": result.bytes,
            "note": json.dumps(result.note.to_json()) if result.note else None,
        },
    )


def fail(engine: Engine, client_id: UUID, journal_id: UUID, sentence: Sentence) -> None:
    """Close the journal row as failed, in a transaction of its own: the step's own was rolled back."""
    with UnitOfWork(engine, client_id) as uow:
        uow.execute(
            sql("steps/journal/fail"),
            {
                "journal_id": journal_id,
                "error_code": sentence.code,
                "error_params": sentence.json_params,
            },
        )
        uow.commit()
