"""Closes provider calls whose lane fell silent. We never assume that a lane is dead: its late answer is refused, and it cannot begin a closed call."""

from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.domain.sending import HAND_SECONDS
from pipelines.events.totals import keep_totals
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 500  # calls; one by e-mail has a thousand messages

log = structlog.get_logger()


def close_dead_calls(engine: Engine) -> int:
    """Close every call whose time is up; returns how many became unknown.

    What was claimed and not begun is ready again. What was begun without an answer is unknown, and its messages with it.
    """
    give_back_unbegun(engine)
    closed = 0
    while calls := _close_unanswered(engine):
        closed += calls
        log.warning("calls_without_an_answer", calls=calls)
    return closed


def give_back_unbegun(engine: Engine, packet_id: UUID | None = None) -> int:
    """Return to ready what was claimed too long ago and never begun, of one packet or of all; returns how many calls that were."""
    given_back = 0
    while calls := _give_back(engine, packet_id):
        given_back += calls
        log.info("unbegun_calls_given_back", calls=calls)
    return given_back


def _close_unanswered(engine: Engine) -> int:
    with UnitOfWork(engine, every_client=True) as uow:
        ended = uow.all(sql("events/unanswered_lock"), {"most": BATCH})
        if ended:
            call_ids = {"call_ids": [row.id for row in ended]}
            uow.execute(sql("events/unanswered_calls"), call_ids)
            keep_totals(uow, uow.all(sql("events/unanswered_messages"), call_ids))
            uow.commit()
    return len(ended)


def _give_back(engine: Engine, packet_id: UUID | None) -> int:
    with UnitOfWork(engine, every_client=True) as uow:
        found = uow.all(
            sql("events/unbegun_lock"),
            {"hand_seconds": HAND_SECONDS, "packet_id": packet_id, "most": BATCH},
        )
        if found:
            call_ids = {"call_ids": [row.id for row in found]}
            uow.execute(sql("events/unbegun_calls"), call_ids)
            keep_totals(uow, uow.all(sql("events/unbegun_messages"), call_ids))
            uow.commit()
    return len(found)
