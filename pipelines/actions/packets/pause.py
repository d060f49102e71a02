"""Pauses and resumes a packet, a campaign or a client."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, Row, text
from sqlalchemy.exc import OperationalError

from pipelines.actions.packets.runs import Start, promise_runs
from pipelines.actions.packets.subjects import ControlRefused, find
from pipelines.actions.scope import seen_by
from pipelines.events.pauses import Subject, begin_pause, end_pause
from pipelines.language import Sentence
from pipelines.states import PREPARE_STEPS
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

LOCK_TIMEOUT = text("set local lock_timeout = '10s'")  # claims and callbacks lock a packet for a moment

log = structlog.get_logger()


def by_hand(reason: str | None) -> Sentence:
    """The reason of a pause that a person makes, in their own words if they gave any."""
    words = (reason or "").strip()
    return Sentence("paused_because", {"reason": words}) if words else Sentence("paused_by_hand")


def pause(
    engine: Engine, viewer: UUID | None, subject: Subject, *, by: str, reason: str | None = None
) -> None:
    """Let nothing more of the subject be sent, from its lanes' next call on. What is in flight is recorded.

    `viewer` is the client whose rows may be seen (None: every client). Raises NotFound, and ControlRefused when the packet is finished or
    cancelled, or the subject is paused already.
    """
    with seen_by(engine, viewer) as uow:
        whole, facts = find(uow, subject)
        if subject.packet_id:
            _refuse_finished(facts)
        if not begin_pause(uow, whole, by_hand(reason), by=by):
            raise ControlRefused("already_paused")
        uow.commit()
    log.info("paused", subject=str(whole.id))


def resume(engine: Engine, viewer: UUID | None, subject: Subject, *, by: str) -> int:
    """End the subject's own pause and promise the runs of its packets. Returns how many are started.

    A packet that is still being prepared goes on by itself. Raises NotFound, and ControlRefused when the subject is not paused itself, or
    is cancelled, or a packet stays locked: then nothing has changed.
    """
    with seen_by(engine, viewer) as uow:
        whole, facts = find(uow, subject)
        if subject.packet_id and facts.cancelled:
            raise ControlRefused("cancelled_for_good")
        if not end_pause(uow, whole, by=by):
            raise ControlRefused("not_paused")
        started = start_resumed(uow, whole)
        uow.commit()
    log.info("resumed", subject=str(whole.id), packets=started)
    return started


def start_resumed(uow: UnitOfWork, subject: Subject) -> int:
    """Promise a run for each packet of the subject that may now go on (PLATFORM: for all). Returns how many go on.

    A packet whose last promised run has not begun gets no other: a hundred pauses and resumes would otherwise queue a hundred runs.
    Raises ControlRefused when somebody keeps a packet locked for long.
    """
    candidates = uow.all(sql("actions/packets/resumable"), asdict(subject))
    packets = {"packet_ids": [row.id for row in candidates], "prepare_steps": list(PREPARE_STEPS)}
    uow.execute(LOCK_TIMEOUT)
    try:
        locked = uow.all(sql("actions/packets/lock_resumable"), packets)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise ControlRefused("packet_busy") from None
        raise
    promise_runs(uow, [Start(row.id, row.client_id, row.revision) for row in locked if not row.awaits_run])
    return len(locked)


def _refuse_finished(facts: Row[Any]) -> None:
    if facts.cancelled:
        raise ControlRefused("cancelled_for_good")
    if not facts.open:
        raise ControlRefused("packet_is_over")
