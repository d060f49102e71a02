"""Applies stored events to messages in batches. Neither order nor repetition moves a state back; concurrent appliers are safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Engine, Row
from sqlalchemy.exc import OperationalError

from pipelines.domain.suppression import PLATFORM_WIDE, REPORTED
from pipelines.events.failures import follow_failures, let_go_on
from pipelines.events.totals import keep_totals
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 5_000
PATIENCE_HOURS = 72  # how long an event may come before the record of its call (P6)
TRIES = 3  # of a batch that lost a deadlock

log = structlog.get_logger()


@dataclass(slots=True)
class Applied:
    """How many events were applied, were outranked, matched nothing (`unmatched`), or still wait for their message."""

    applied: int = 0
    outranked: int = 0
    unmatched: int = 0
    waiting: int = 0


def apply_events(engine: Engine) -> Applied:
    """Apply every open event, oldest first, each batch in one transaction."""
    done, after = Applied(), 0
    while True:
        last = _apply_batch(engine, after, done)
        if not last:
            break
        after = last
    if done.unmatched:
        log.warning("events_without_a_message", events=done.unmatched)
    return done


def apply_alone(engine: Engine) -> None:
    """Apply the events, one caller at a time: others would find the same events and wait for the same rows."""
    with engine.begin() as lock:
        lock.execute(sql("events/apply_alone"))
        apply_events(engine)


def _apply_batch(engine: Engine, after: int, done: Applied) -> int:
    """Apply the next batch after this inbox id and count it. Returns its last id, 0 if it was the last batch."""
    for last_try in (False,) * (TRIES - 1) + (True,):
        try:
            with UnitOfWork(engine, every_client=True) as uow:
                return _apply(uow, after, done)
        except OperationalError as error:
            if last_try or getattr(error.orig, "sqlstate", None) != "40P01":
                raise
    raise AssertionError("unreachable")


def _apply(uow: UnitOfWork, after: int, done: Applied) -> int:
    event_ids = [row.id for row in uow.all(sql("events/match_lock"), {"after": after, "limit": BATCH})]
    if not event_ids:
        return 0
    found = uow.one(sql("events/match"), {"event_ids": event_ids, "patience_hours": PATIENCE_HOURS})
    outranked = _move(uow, found) if found.matched else 0
    if found.too_old:
        uow.execute(sql("events/leave_unmatched"), {"event_ids": found.too_old})
        uow.execute(sql("events/close_events"), {"event_ids": found.too_old})
    uow.commit()
    done.applied += found.matched - outranked
    done.outranked += outranked
    done.unmatched += len(found.too_old)
    done.waiting += found.events - found.matched - len(found.too_old)
    return event_ids[-1] if len(event_ids) == BATCH else 0


def _move(uow: UnitOfWork, found: Row[Any]) -> int:
    """Apply the matched events. Returns how many of them were outranked. Locks first what it changes: calls, then messages."""
    pairs = {"event_ids": found.event_ids, "attempt_ids": found.attempt_ids}
    in_doubt = uow.all(sql("events/lock_calls"), {"call_ids": found.different_calls})
    uow.execute(sql("events/lock_messages"), {"message_ids": found.different_messages})
    proven = _prove(uow, pairs) if in_doubt else []
    moved = uow.all(sql("events/move_messages"), pairs)
    moving = {row.event_id for row in moved}
    places = {
        "message_ids": found.message_ids,
        "packet_ids": found.packet_ids,
        "client_ids": found.client_ids,
    }
    history = {"event_ids": found.event_ids, "moving": [one in moving for one in found.event_ids]}
    uow.execute(sql("events/keep_history"), places | history)
    uow.execute(sql("events/close_events"), {"event_ids": found.event_ids})
    if found.opts_out:
        _suppress(uow, pairs)
    again = follow_failures(uow, moved)
    keep_totals(uow, [*proven, *moved, *again])
    let_go_on(uow, again)
    return int(found.reported) - len(moved)


def _suppress(uow: UnitOfWork, pairs: dict[str, Any]) -> None:
    """Suppress the addresses of those of these events that are opt-outs, complaints or hard bounces."""
    suppressed = uow.all(sql("events/suppress"), pairs | {"reasons": sorted(REPORTED)})
    for reason in sorted(PLATFORM_WIDE):
        rows = [row for row in suppressed if row.reason == reason]
        if rows:
            parameters = {
                "addresses": [row.address for row in rows if row.address],
                "hashes": [row.address_hash for row in rows if not row.address],
                "reason": reason,
                "source": rows[0].source,
            }
            uow.execute(sql("consent/suppress_on_platform"), parameters)


def _prove(uow: UnitOfWork, pairs: dict[str, Any]) -> Sequence[Row[Any]]:
    """Accept the calls in doubt that these events prove. Those that had been closed as not accepted are kept: their messages may have gone out twice."""
    calls = uow.all(sql("events/prove_calls"), pairs)
    if late := [row for row in calls if row.late]:
        log.warning("calls_proven_late", calls=len(late))
        parameters = {"call_ids": [row.id for row in late], "event_ids": [row.event_id for row in late]}
        uow.execute(sql("events/late_proof"), parameters)
    return uow.all(sql("events/prove_messages"), {"call_ids": [row.id for row in calls]}) if calls else []
