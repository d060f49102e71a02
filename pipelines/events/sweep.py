"""Closes provider calls whose lane fell silent. We never assume that a lane is dead: its late answer is refused, and it cannot begin a closed call."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.domain.sending import CLAIM_SECONDS
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
    closed = _close_all(engine, "unanswered", {})
    if closed:
        log.warning("calls_without_an_answer", calls=closed)
    return closed


def give_back_unbegun(engine: Engine, packet_id: UUID | None = None) -> int:
    """Return to ready what was claimed too long ago and never begun, of one packet or of all; returns how many calls that were."""
    given_back = _close_all(engine, "unbegun", {"claim_seconds": CLAIM_SECONDS, "packet_id": packet_id})
    if given_back:
        log.info("unbegun_calls_given_back", calls=given_back)
    return given_back


def _close_all(engine: Engine, which: str, asked: dict[str, Any]) -> int:
    """Lock the calls that sql/events/<which>_lock finds, close them and move their messages, a batch in a transaction."""
    closed = 0
    while True:
        with UnitOfWork(engine, every_client=True) as uow:
            found = uow.all(sql(f"events/{which}_lock"), asked | {"most": BATCH})
            if not found:
                return closed
            call_ids = {"call_ids": [row.id for row in found]}
            uow.execute(sql(f"events/{which}_calls"), call_ids)
            keep_totals(uow, uow.all(sql(f"events/{which}_messages"), call_ids))
            uow.commit()
        closed += len(found)
