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
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 5_000
PATIENCE_HOURS = 72  # how long an event may come before the record of its call (P6)
TRIES = 3  # of a batch that lost a deadlock
# The provider has these messages, and nothing follows from a move among them.
QUIET = {
    "quiet": [state.value for state in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)]
}

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
    uow.execute(sql("events/plan_once"))
    open_events = uow.one(sql("events/match_lock"), {"after": after, "limit": BATCH})
    if not open_events.events:
        return 0
    found = uow.one(
        sql("events/match"), {"event_ids": open_events.event_ids, "patience_hours": PATIENCE_HOURS}
    )
    outranked = _move(uow, found) if found.matched else 0
    if found.too_old:
        uow.execute(sql("events/leave_unmatched"), {"event_ids": found.too_old})
        uow.execute(sql("events/close_events"), {"event_ids": found.too_old})
    uow.commit()
    done.applied += found.matched - outranked
    done.outranked += outranked
    done.unmatched += len(found.too_old)
    done.waiting += open_events.events - found.matched - len(found.too_old)
    return int(open_events.last) if open_events.events == BATCH else 0


def _move(uow: UnitOfWork, found: Row[Any]) -> int:
    """Apply the matched events. Returns how many of them were outranked. Locks first what it changes: calls, then messages."""
    matched = found._asdict()
    in_doubt = found.calls_in_doubt and uow.all(sql("events/lock_calls"), {"call_ids": found.calls_in_doubt})
    uow.execute(sql("events/lock_messages"), matched)
    proven = _prove(uow, matched) if in_doubt else []
    chosen = uow.one(sql("events/choose_moves"), matched | QUIET)
    if chosen.moves:
        uow.execute(sql("events/move_messages"), chosen._asdict())
    uow.execute(sql("events/keep_history"), matched | {"moving": chosen.event_ids or "{}"})
    uow.execute(sql("events/close_events"), matched)
    if found.opts_out:
        _suppress(uow, matched)
    _follow(uow, proven, chosen)
    return int(found.reported - chosen.moves)


def _follow(uow: UnitOfWork, proven: Sequence[Row[Any]], chosen: Row[Any]) -> None:
    """Do what follows from the moves of messages: for the totals, and after failures."""
    felt = {"message_ids": chosen.felt_ids, "states": chosen.felt_states}
    moved = uow.all(sql("events/felt_moves"), felt) if chosen.felt_ids else []
    again = follow_failures(uow, moved)
    given_back = (
        _give_back(uow, felt) if any(row.state_before == MessageState.SENDING for row in moved) else []
    )
    keep_totals(uow, [*proven, *moved, *again, *given_back])
    let_go_on(uow, [*again, *(row for row in given_back if row.state_after == MessageState.READY)])


def _give_back(uow: UnitOfWork, felt: dict[str, Any]) -> Sequence[Row[Any]]:
    """Close the calls that would send again what an earlier attempt has brought. Returns the other messages of these calls, as rows that moved."""
    again = [row.id for row in uow.all(sql("events/superseded"), felt)]
    locked = [row.id for row in uow.all(sql("events/superseded_lock"), {"call_ids": again})] if again else []
    if not locked:
        return []
    calls = {"call_ids": locked}
    uow.execute(sql("events/unbegun_calls"), calls)
    uow.execute(sql("events/superseded_proofs"), calls)
    return uow.all(sql("events/unbegun_messages"), calls)


def _suppress(uow: UnitOfWork, matched: dict[str, Any]) -> None:
    """Suppress the addresses of those of these events that are opt-outs, complaints or hard bounces."""
    suppressed = uow.all(sql("events/suppress"), matched | {"reasons": sorted(REPORTED)})
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


def _prove(uow: UnitOfWork, matched: dict[str, Any]) -> Sequence[Row[Any]]:
    """Accept the calls in doubt that these events prove. Those that had been closed as not accepted are kept: their messages may have gone out twice."""
    calls = uow.all(sql("events/prove_calls"), matched)
    if late := [row for row in calls if row.late]:
        log.warning("calls_proven_late", calls=len(late))
        parameters = {"call_ids": [row.id for row in late], "event_ids": [row.event_id for row in late]}
        uow.execute(sql("events/late_proof"), parameters)
    return uow.all(sql("events/prove_messages"), {"call_ids": [row.id for row in calls]}) if calls else []
