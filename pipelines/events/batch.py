"""Applies a batch of locked events to their messages, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row

from pipelines.domain.suppression import PLATFORM_WIDE, REPORTED
from pipelines.events.failures import follow_failures, let_go_on, passing
from pipelines.events.locks import lock_messages_of
from pipelines.events.totals import keep_totals
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PATIENCE_HOURS = 72  # how long an event may come before the record of its call (P6)
CONTRADICTING = "contradicting"  # why an event is refused that was signed and stored
# The provider has these messages, and nothing follows from a move among them.
QUIET = {
    "quiet": [state.value for state in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)]
}

log = structlog.get_logger()


@dataclass(slots=True)
class Applied:
    """How many events were applied, were outranked, matched nothing (`unmatched`), contradict what we know (`refused`), still wait for their
    message, or were set aside.
    """

    applied: int = 0
    outranked: int = 0
    unmatched: int = 0
    refused: int = 0
    waiting: int = 0
    set_aside: int = 0


def apply(uow: UnitOfWork, open_events: Row[Any], done: Applied) -> None:
    """Apply these events, which are locked (a row of sql/events/match_lock), commit, and count them."""
    first = match(uow, open_events.event_ids)
    found, proven = _without_doubt(uow, first) if first.matched else (first, [])
    outranked, waiting = _move(uow, found, proven) if found.matched else (0, 0)
    if first.too_old:
        uow.execute(sql("events/leave_unmatched"), {"event_ids": first.too_old})
        uow.execute(sql("events/close_events"), {"event_ids": first.too_old})
    refused = sorted({*first.contradicting, *found.contradicting})
    if refused:
        _refuse(uow, refused)
    uow.commit()
    done.applied += found.matched - outranked - waiting
    done.outranked += outranked
    done.unmatched += len(first.too_old)
    done.refused += len(refused)
    done.waiting += waiting + open_events.events - found.matched - len(first.too_old) - len(refused)


def match(uow: UnitOfWork, event_ids: Any) -> Row[Any]:
    """Find the attempts of these events: a row of sql/events/match."""
    return uow.one(sql("events/match"), {"event_ids": event_ids, "patience_hours": PATIENCE_HOURS})


def suppress(uow: UnitOfWork, matched: dict[str, Any]) -> None:
    """Suppress the addresses of those of these events that are opt-outs, complaints or hard bounces, and are not suppressed by them yet."""
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


def _without_doubt(uow: UnitOfWork, found: Row[Any]) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """Lock what the matched events change, calls before messages, prove the calls in doubt, and keep references that were missing. Returns the events that are believed, and the
    messages that moved.

    The proof may show that other events contradict it: then all are matched again.
    """
    matched = found._asdict()
    in_doubt = found.calls_in_doubt and uow.all(sql("events/lock_calls"), {"call_ids": found.calls_in_doubt})
    uow.execute(sql("events/lock_messages"), matched)
    if not in_doubt:
        return found, []
    calls = uow.all(sql("events/prove_calls"), matched)
    proven = _prove(uow, [call for call in calls if not call.known])
    if len(calls) < len(in_doubt) or any(row.contested for row in calls):
        found = match(uow, found.event_ids)
    return found, proven


def _refuse(uow: UnitOfWork, event_ids: Sequence[int]) -> None:
    """Refuse events that contradict what we know, and count them with what the hooks refused."""
    refused = Counter(row.provider for row in uow.all(sql("events/refuse"), {"event_ids": event_ids}))
    uow.execute(sql("events/close_events"), {"event_ids": event_ids})
    counted = {
        "providers": sorted(refused),
        "reasons": [CONTRADICTING] * len(refused),
        "refused": [refused[provider] for provider in sorted(refused)],
    }
    uow.execute(sql("replies/count_refusals"), counted)
    log.warning("events_contradict", events=len(event_ids))


def _move(uow: UnitOfWork, found: Row[Any], proven: Sequence[Row[Any]]) -> tuple[int, int]:
    """Apply the matched events, whose messages are locked. Returns how many of them were outranked, and how many wait for the answer of a later
    call.
    """
    matched = found._asdict()
    rules = {"patience_hours": PATIENCE_HOURS, "passing": passing()}
    chosen = uow.one(sql("events/choose_moves"), matched | QUIET | rules)
    if chosen.moves:
        uow.execute(sql("events/move_messages"), chosen._asdict())
    waiting = chosen.waiting or "{}"
    uow.execute(
        sql("events/keep_history"), matched | {"moving": chosen.event_ids or "{}", "waiting": waiting}
    )
    if found.opts_out:
        suppress(uow, matched)
    uow.execute(sql("events/close_events"), matched)
    if chosen.waits:
        uow.execute(sql("events/keep_open"), {"waiting": waiting})
    _follow(uow, proven, chosen)
    return found.reported - chosen.moves - chosen.waits, chosen.waits


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
    lock_messages_of(uow, locked)
    uow.execute(sql("events/unbegun_calls"), calls)
    uow.execute(sql("events/superseded_proofs"), calls)
    return uow.all(sql("events/unbegun_messages"), calls)


def _prove(uow: UnitOfWork, calls: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Accept the messages of proven calls. Calls that had been closed as not accepted are kept: their messages may have gone out twice."""
    if late := [row for row in calls if row.late]:
        log.warning("calls_proven_late", calls=len(late))
        parameters = {"call_ids": [row.id for row in late], "event_ids": [row.event_id for row in late]}
        uow.execute(sql("events/late_proof"), parameters)
    return uow.all(sql("events/prove_messages"), {"call_ids": [row.id for row in calls]}) if calls else []
