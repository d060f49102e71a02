"""One decision about many calls of a packet whose outcome no list tells, as after a restore from a backup (R10)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.actions.messages.decide import accept
from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.actions.packets.subjects import find, packet_of
from pipelines.actions.scope import seen_by
from pipelines.store.sqlfile import sql

BATCH = 500  # calls per transaction; an e-mail call has up to a thousand messages

log = structlog.get_logger()


@dataclass(frozen=True)
class Waiting:
    """The calls of a packet that wait for a decision, and how many messages they carry."""

    call_ids: list[UUID]
    messages: int


def waiting_calls(
    engine: Engine, client_id: UUID | None, packet_id: UUID, *, since: datetime | None, until: datetime | None
) -> Waiting:
    """The calls of this packet that a person must decide about, whose messages were due from `since` on and before `until` (None: no limit).

    `client_id` is whose packets the person may see (None: all). Raises NotFound.
    """
    span = {"packet_id": packet_id, "since": since, "until": until}
    with seen_by(engine, client_id) as uow:
        find(uow, packet_of(packet_id))
        rows = uow.all(sql("actions/decide_calls/undecided"), span)
    return Waiting([row.id for row in rows], sum(row.messages for row in rows))


def decide_calls(
    engine: Engine, client_id: UUID | None, waiting: Waiting, *, received: bool, by: str
) -> tuple[int, int]:
    """Close these calls as received or not received. Returns how many were closed, and how many messages are ready again.

    What has become known or was decided in the meantime is left alone. If it is interrupted, the rest still waits.
    """
    closed = ready = 0
    for start in range(0, len(waiting.call_ids), BATCH):
        batch = _decide_batch(engine, client_id, waiting.call_ids[start : start + BATCH], received, by)
        closed, ready = closed + batch[0], ready + batch[1]
    log.info("calls_decided", calls=closed, received=received, ready=ready)
    return closed, ready


def _decide_batch(
    engine: Engine, client_id: UUID | None, call_ids: list[UUID], received: bool, by: str
) -> tuple[int, int]:
    with seen_by(engine, client_id) as uow:
        checks = uow.all(sql("actions/decide_calls/lock"), {"call_ids": call_ids})
        calls = {"call_ids": [row.call_id for row in checks]}
        unknown = [row.id for row in uow.all(sql("actions/reconcile/not_accepted_lock"), calls)]
        decision = {"decision": "received" if received else "not_received", "by": by}
        uow.execute(sql("actions/decide_calls/decide"), {"call_ids": unknown, **decision})
        ready = accept(uow, unknown) if received else close_not_accepted(uow, unknown, "not_received")
        uow.commit()
    return len(unknown), ready
