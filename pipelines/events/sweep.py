"""Closes provider calls whose lane fell silent.

We never assume that a lane is dead: its late answer is refused, and it cannot begin a closed call.
"""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.domain.sending import CLAIM_SECONDS
from pipelines.events.locks import lock_messages_of
from pipelines.events.totals import keep_totals
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 500  # calls; an e-mail call has up to a thousand messages

log = structlog.get_logger()


def close_dead_calls(engine: Engine) -> int:
    """Close every call whose time is up. Returns how many became unknown.

    Calls that were claimed and not begun are given back: their messages are ready again. Calls that were begun and have no answer become
    unknown, with their messages.
    """
    give_back_unbegun(engine)
    closed = _close_all(engine, "unanswered", {"error_code": "lease_ended"})
    if closed:
        log.warning("calls_without_an_answer", calls=closed)
    return closed


def give_back_unbegun(
    engine: Engine, packet_id: UUID | None = None, *, claim_seconds: float = CLAIM_SECONDS
) -> int:
    """Give back calls that were claimed more than `claim_seconds` ago and not begun, of one packet or of all. Returns how many."""
    given_back = _close_all(engine, "unbegun", {"claim_seconds": claim_seconds, "packet_id": packet_id})
    if given_back:
        log.info("unbegun_calls_given_back", calls=given_back)
    return given_back


def _close_all(engine: Engine, kind: str, parameters: dict[str, Any]) -> int:
    """Lock the calls that sql/events/<kind>_lock finds and their messages, close the calls and move the messages, one batch per transaction."""
    closed = 0
    while True:
        with UnitOfWork(engine, every_client=True) as uow:
            calls = uow.all(sql(f"events/{kind}_lock"), parameters | {"limit": BATCH})
            if not calls:
                return closed
            call_ids = parameters | {"call_ids": [row.id for row in calls]}
            lock_messages_of(uow, call_ids["call_ids"])
            uow.execute(sql(f"events/{kind}_calls"), call_ids)
            moved = uow.all(sql(f"events/{kind}_messages"), call_ids)
            keep_totals(uow, moved)
            if ready := sorted({row.packet_id for row in moved if row.state_after == MessageState.READY}):
                uow.execute(sql("events/lock_waits"), {"packet_ids": ready})
                uow.execute(sql("events/wait_lifted"), {"packet_ids": ready})
            uow.commit()
        closed += len(calls)
