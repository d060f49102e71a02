"""Finds out what became of calls whose outcome is unknown, from the provider's list (docs/decisions/0026).

A call that is listed was accepted: it enters through the inbox, like a callback. A call that is missing from two complete lists was not
accepted, and its messages are ready again. What a list cannot decide is left to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, Row

from pipelines import clock
from pipelines.actions.messages.accounts import ALWAYS, accounts_since
from pipelines.actions.messages.comparable import comparable
from pipelines.actions.messages.lists import Group, Lists, Untried, grouped, known_references
from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.actions.time_budget import TimeBudget
from pipelines.channels import channels
from pipelines.events import inbox
from pipelines.events.apply import apply_events
from pipelines.events.matching import MAX_SKEW, Match, match
from pipelines.providers.carriers import carriers
from pipelines.providers.carriers.base import Carrier
from pipelines.providers.carriers.listing import CannotList, Listing
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

FIRST_LOOK = timedelta(seconds=60)  # after the record: a callback is usually faster
SETTLED = timedelta(
    minutes=10
)  # after the lease of the call: an earlier list may lack what was accepted late
APART = timedelta(minutes=5)  # between the two lists that lack a call
EMPTY_LISTS = 2
CLAIM = timedelta(minutes=5)  # longer than reading the lists of a batch takes
IN_FLIGHT = timedelta(minutes=1)  # until an answer that is still awaited is recorded
FIRST_DELAY, MAX_DELAY = timedelta(seconds=30), timedelta(hours=1)  # after a list that was not read
PATIENCE = timedelta(hours=24)  # with lists that cannot be read; then a person is asked as well
NEVER = datetime.max.replace(tzinfo=UTC)  # 'infinity', to PostgreSQL
BATCH = 200  # calls
MAX_FOUND = 3  # readings that list a call and do not prove it
SAMPLES = 3  # messages of a call that are looked for: any of them proves all

log = structlog.get_logger()


@dataclass(slots=True)
class Reconciled:
    """How many calls were found, how many were closed as not accepted, and how many were left to a person."""

    found: int = 0
    not_accepted: int = 0
    for_person: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reading means for one call. `not_accepted`: the provider never had it."""

    call_id: UUID
    next_at: datetime
    empty: int
    empty_at: datetime | None
    failures: int
    reason: str | None
    not_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """No list of a batch was read before `began`, and none after `ended`: what a list may prove is judged by the first, waits begin at the second. `accounts_since` is when all lanes use each provider's account, in seconds."""

    began: datetime
    ended: datetime
    accounts_since: Mapping[str, float] = field(default_factory=dict)


def reconcile(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> Reconciled:
    """Read the providers' lists for the unknown calls that are due, for as long as an errand may take. Several processes may do so at once."""
    apply_events(engine)  # a callback says more than a list
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/reconcile/enter"), {"first_seconds": FIRST_LOOK.total_seconds()})
        uow.execute(sql("actions/reconcile/forget"))
        uow.commit()
    since = accounts_since(engine, settings, secrets)
    done, budget = Reconciled(), TimeBudget()
    lists = Lists(settings, secrets, budget)
    while not budget.spent and _reconcile_batch(engine, lists, since, done):
        pass
    if done.not_accepted or done.for_person:
        log.warning(
            "calls_reconciled", found=done.found, not_accepted=done.not_accepted, for_person=done.for_person
        )
    return done


def _reconcile_batch(engine: Engine, lists: Lists, since: Mapping[str, float], done: Reconciled) -> bool:
    """Claim, read and settle the next calls; False when none is due."""
    owner, claimed_at = uuid4(), clock.now()
    rows = _claim(engine, owner, claimed_at)
    if rows is None:
        return False
    facts = {row.call_id: row for row in rows}
    groups = grouped(engine, rows)
    to_read = [group for group in groups if not group.in_flight]
    readings = dict(zip(map(id, to_read), lists.read(to_read), strict=True))
    times = Times(claimed_at, clock.now(), since)
    outcomes: list[Outcome] = []
    for group in groups:
        reading = readings.get(id(group))
        found = _store_found(engine, group, reading) if isinstance(reading, Listing) else None
        done.found += len(found.found) if found else 0
        outcomes += [_outcome(facts[call.call_id], reading, found, times) for call in group.claimed]
    apply_events(engine)
    _settle(engine, owner, outcomes, done)
    return True


def _claim(engine: Engine, owner: UUID, now: datetime) -> Sequence[Row[Any]] | None:
    """Claim the calls that are due; returns samples of their messages, or None when nothing is due."""
    with UnitOfWork(engine, every_client=True) as uow:
        due = uow.all(sql("actions/reconcile/due_lock"), {"now": now, "limit": BATCH})
        if not due:
            return None
        calls = {"call_ids": [row.call_id for row in due]}
        uow.execute(sql("actions/reconcile/claim"), calls | {"owner": owner, "until": now + CLAIM})
        rows = uow.all(sql("actions/reconcile/lost"), calls | {"samples": SAMPLES})
        uow.commit()
    return rows


def _store_found(engine: Engine, group: Group, listing: Listing) -> Match:
    """Put what the list has of the calls into the inbox, where callbacks arrive, too."""
    with UnitOfWork(engine, every_client=True) as uow:
        owned = known_references(uow, group.provider, listing)
    matched = match(group.claimed + group.others, listing.messages, owned)
    events = comparable(carriers()[group.provider], matched.found.values())
    inbox.store(engine, events, {"source": "list"})
    return matched


def _outcome(  # noqa: PLR0911 - one line per kind of reading
    row: Row[Any], reading: object, found: Match | None, times: Times
) -> Outcome:
    """What the reading (None: not read, since a call in flight may be in the list) means for the call of this row of `lost.sql`."""
    trusted_from = row.lease_until + max(SETTLED, _lag(row.provider))
    trusted = times.began >= trusted_from
    if reading is None:
        return _later(row, times.ended + IN_FLIGHT)
    if isinstance(reading, Untried):
        return replace(_later(row, times.ended), failures=row.failures)
    if found is not None and row.call_id in found.found:
        return _found(row, times.ended)
    if isinstance(reading, CannotList):
        return _later(row, NEVER, "cannot_list") if trusted else _later(row, trusted_from)
    if not isinstance(reading, Listing) or not reading.complete:
        return _unread(row, times.ended)
    if not trusted:
        return _later(row, trusted_from)
    if found is not None and row.call_id in found.unclear:
        return _later(row, times.ended + MAX_DELAY, "ambiguous")
    if times.ended - row.claimed_at > _kept(row.provider) - MAX_SKEW:
        return _later(row, NEVER, "list_too_old")
    if row.claimed_at.timestamp() <= times.accounts_since.get(row.provider, ALWAYS):
        return _later(row, NEVER, "other_account")
    return _missing(row, times)


def _later(row: Row[Any], next_at: datetime, reason: str | None = None) -> Outcome:
    return Outcome(row.call_id, next_at, row.empty, row.empty_at, 0, reason)


def _found(row: Row[Any], now: datetime) -> Outcome:
    """The call is listed. Its event is applied before this is settled; if it stays unknown time after time, the event does not prove it."""
    times = min(row.failures + 1, 1000)
    reason, delay = ("ambiguous", MAX_DELAY) if times >= MAX_FOUND else (None, APART)
    return replace(_later(row, now + delay, reason), failures=times)


def _unread(row: Row[Any], now: datetime) -> Outcome:
    """The list was not read, or not to its end: that proves nothing."""
    delay = min(MAX_DELAY, FIRST_DELAY * 2 ** min(row.failures, 10))
    reason = "list_unread" if now - row.lease_until > PATIENCE else None
    return replace(_later(row, now + delay, reason), failures=min(row.failures + 1, 1000))


def _missing(row: Row[Any], times: Times) -> Outcome:
    """The call is missing from a complete list that can be trusted."""
    if row.empty_at is not None and times.began - row.empty_at < APART:
        return _later(row, row.empty_at + APART)
    again = Outcome(row.call_id, times.ended + APART, row.empty + 1, times.ended, 0, None)
    if again.empty < EMPTY_LISTS:
        return again
    if row.valuable or not _resends(row.channel):
        return replace(again, next_at=NEVER, reason="valuable")
    return replace(again, not_accepted=True)


def _settle(engine: Engine, owner: UUID, outcomes: Sequence[Outcome], done: Reconciled) -> None:
    """Record the outcomes, for the calls that this owner still holds and that are still unknown."""
    with UnitOfWork(engine, every_client=True) as uow:
        calls = {"call_ids": [one.call_id for one in outcomes], "owner": owner}
        held = {row.call_id for row in uow.all(sql("actions/reconcile/still_claimed"), calls)}
        outcomes = [one for one in outcomes if one.call_id in held]
        if missing := [one.call_id for one in outcomes if one.not_accepted]:
            close_not_accepted(uow, missing, "not_found")
        if outcomes:
            uow.execute(sql("actions/reconcile/put_off"), {"owner": owner, **_columns(outcomes)})
        uow.commit()
    done.not_accepted += sum(one.not_accepted for one in outcomes)
    done.for_person += sum(one.reason is not None for one in outcomes)


def _columns(outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
    return {
        "call_ids": [one.call_id for one in outcomes],
        "next_ats": ["infinity" if one.next_at is NEVER else one.next_at.isoformat() for one in outcomes],
        "empties": [one.empty for one in outcomes],
        "empty_ats": [one.empty_at for one in outcomes],
        "failures": [one.failures for one in outcomes],
        "reasons": [one.reason for one in outcomes],
    }


def _lag(provider: str) -> timedelta:
    carrier = carriers().get(provider)
    return (carrier and carrier.listing_lag) or timedelta(0)


def _kept(provider: str) -> timedelta:
    carrier = carriers().get(provider, Carrier)
    return carrier.listing_kept


def _resends(channel: str) -> bool:
    """Whether a message of this channel may be repeated without a person; an unknown channel decides nothing by itself."""
    return channel in channels() and channels()[channel].resends
