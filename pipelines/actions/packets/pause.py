"""Pauses and resumes a packet, a campaign or a client."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.packets.subjects import ControlRefused, find
from pipelines.actions.scope import seen_by
from pipelines.events.pauses import Subject, begin_pause, end_pause
from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

STARTS_PER_SECOND = 2  # of resumed packets; Airflow needs about half a second to create a run

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
    is cancelled.
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
    """Promise a run for each packet of the subject that may now go on (PLATFORM: for all). Returns how many."""
    candidates = uow.all(sql("actions/packets/resumable"), asdict(subject))
    locked = uow.all(sql("actions/packets/lock_resumable"), {"packet_ids": [row.id for row in candidates]})
    if not locked:
        return 0
    revisions = {row.id: row.revision for row in locked}
    counted = uow.all(sql("actions/packets/count_starts"), {"packet_ids": list(revisions)})
    _promise(uow, counted, revisions)
    return len(counted)


def _promise(uow: UnitOfWork, counted: Sequence[Row[Any]], revisions: dict[UUID, int]) -> None:
    columns = {
        "packet_ids": [row.packet_id for row in counted],
        "client_ids": [row.client_id for row in counted],
        "run_ids": [
            f"packet-{row.packet_id}-r{revisions[row.packet_id]}-again-{row.starts}" for row in counted
        ],
    }
    uow.execute(sql("actions/packets/new_runs"), columns)
    uow.execute(sql("actions/packets/promise_starts"), columns | {"per_second": STARTS_PER_SECOND})


def _refuse_finished(facts: Row[Any]) -> None:
    if facts.cancelled:
        raise ControlRefused("cancelled_for_good")
    if not facts.open:
        raise ControlRefused("packet_is_over")
