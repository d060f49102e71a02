"""Asks providers about messages whose final report never came. The answers enter through the inbox, like callbacks."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, Row

from pipelines import clock
from pipelines.actions.messages.comparable import comparable
from pipelines.actions.time_budget import TimeBudget
from pipelines.channels import channels
from pipelines.domain.sending import ProviderEvent
from pipelines.errors import SettingsError
from pipelines.events import inbox
from pipelines.events.apply import apply_events
from pipelines.providers.carriers import carrier_named, carriers, carriers_of
from pipelines.providers.carriers.base import Carrier, Declined
from pipelines.providers.carriers.listing import CannotList
from pipelines.providers.http.wire import CallFailed
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

KEPT = timedelta(days=3)  # Mailgun stores its events for at least so long
DAYS = 4  # after a packet is settled; then all of it is older than KEPT
MAX_ASKED = 500  # messages per minute, so that asking does not use up the rate that sending needs
THREADS = 4
CLAIM = timedelta(minutes=5)
FIRST_PAUSE, MAX_PAUSE = timedelta(minutes=30), timedelta(hours=24)  # between two rounds through a packet
TROUBLE = timedelta(minutes=10)  # after a batch that the provider did not answer
START = ("-infinity", -1)

Call = tuple[str, str]  # a provider and its reference

log = structlog.get_logger()


@dataclass(slots=True)
class Polled:
    """How many calls were asked about, how many of these got an answer, and how many events were new."""

    asked: int = 0
    answered: int = 0
    new: int = 0


class TimeSpent(Exception):
    """There is no time left to ask."""


class Providers:
    """The providers during one run. One that gives no answer is not asked again in it: each call would wait as long."""

    def __init__(self, settings: Settings, secrets: Mapping[str, str], budget: TimeBudget) -> None:
        self._settings, self._secrets, self._budget = settings, secrets, budget
        self._silent: set[str] = set()

    def ask(self, rows: Sequence[Row[Any]]) -> dict[Call, list[ProviderEvent] | None]:
        """What the providers report of each call of these messages, in their order; None for one that got no answer. Ends when the time is spent."""
        attempts = {(row.provider, row.provider_ref): row.attempt_id for row in rows}
        with ExitStack() as opened, ThreadPoolExecutor(THREADS) as pool:
            carriers = {name: self._opened(name, opened) for name in {name for name, _ in attempts}}
            answers: dict[Call, list[ProviderEvent] | None] = {}
            reports = pool.map(lambda call: self._report(carriers[call[0]], call[1]), attempts)
            with suppress(TimeSpent):
                for call, events in zip(attempts, reports, strict=True):
                    answers[call] = events and _of_attempt(events, attempts[call])
            return answers

    def _opened(self, name: str, opened: ExitStack) -> Carrier | None:
        try:
            return opened.enter_context(closing(carrier_named(name, self._settings, self._secrets)))
        except SettingsError as error:
            log.warning("provider_cannot_be_asked", provider=name, code=error.code)
            return None

    def _report(self, carrier: Carrier | None, reference: str) -> list[ProviderEvent] | None:
        if carrier is None or carrier.name in self._silent:
            return None
        if self._budget.spent:
            raise TimeSpent
        try:
            return carrier.report(reference)
        except CannotList:
            return []
        except (Declined, CallFailed, ValueError) as error:
            if isinstance(error, CallFailed):
                self._silent.add(carrier.name)
            log.warning("report_not_read", provider=carrier.name, error=type(error).__name__)
            return None


def _of_attempt(events: list[ProviderEvent], attempt_id: UUID | None) -> list[ProviderEvent]:
    """The events, with the attempt of a call with one message: bad news is matched by it alone (sql/events/match)."""
    return [replace(event, attempt_id=attempt_id) if attempt_id else event for event in events]


def poll_reports(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> Polled:
    """Ask about at most MAX_ASKED messages of the packets that are due, for as long as an errand may take. Several processes may do so at once."""
    now = clock.now()
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/poll_reports/forget"), {"now": now, "days": DAYS})
        entering = {"channels": sorted(channels()), "now": now, "days": DAYS}
        uow.execute(sql("actions/poll_reports/enter"), entering)
        uow.commit()
    done, left, budget = Polled(), MAX_ASKED, TimeBudget()
    providers = Providers(settings, secrets, budget)
    while left > 0 and not budget.spent:
        taken = _poll_next(engine, providers, left, done)
        if taken is None:
            break
        left -= taken
    if done.new:
        apply_events(engine)
    return done


def _poll_next(engine: Engine, providers: Providers, limit: int, done: Polled) -> int | None:
    """Ask about the next messages of the packet that is due first; returns how many, None when none is due."""
    owner = uuid4()
    claimed = _claim(engine, owner, clock.now(), limit)
    if claimed is None:
        return None
    poll, rows = claimed
    answers = providers.ask(rows)
    done.asked += len(answers)
    events = [event for answer in answers.values() for event in answer or ()]
    done.answered += sum(answer is not None for answer in answers.values())
    for provider in {event.provider for event in events}:
        same = [event for event in events if event.provider == provider]
        done.new += inbox.store(engine, comparable(carriers()[provider], same), {"source": "report"})
    trouble = bool(answers) and all(answer is None for answer in answers.values())
    tried = list(takewhile(lambda row: (row.provider, row.provider_ref) in answers, rows))
    full = len(rows) == limit or len(tried) < len(rows)
    _advance(engine, owner, poll, tried, full=full, trouble=trouble)
    return len(rows)


def _claim(
    engine: Engine, owner: UUID, now: datetime, limit: int
) -> tuple[Row[Any], Sequence[Row[Any]]] | None:
    with UnitOfWork(engine, every_client=True) as uow:
        poll = uow.execute(sql("actions/poll_reports/due_lock"), {"now": now}).one_or_none()
        if poll is None:
            return None
        what = {"packet_id": poll.packet_id, "channel": poll.channel}
        uow.execute(sql("actions/poll_reports/claim"), what | {"owner": owner, "until": now + CLAIM})
        place = {"after_expires": poll.after_expires, "after_row": poll.after_row}
        time = {"since": now - KEPT, "until": now - _report_after(poll.channel)}
        rows = uow.all(sql("actions/poll_reports/open"), what | place | time | {"limit": limit})
        uow.commit()
    return poll, rows


def _report_after(channel: str) -> timedelta:
    """How long a final report may take on this channel."""
    return max((carrier.report_after for carrier in carriers_of(channel)), default=FIRST_PAUSE)


def _advance(
    engine: Engine,
    owner: UUID,
    poll: Row[Any],
    rows: Sequence[Row[Any]],
    *,
    full: bool,
    trouble: bool,
) -> None:
    """Go on after the last of these messages, or begin the next round later."""
    now = clock.now()
    place, number, next_at = (poll.after_expires, poll.after_row), poll.round, now
    if trouble:
        next_at = now + TROUBLE
    elif not full:
        pause = min(MAX_PAUSE, FIRST_PAUSE * 4 ** min(poll.round, 5))
        place, number, next_at = START, poll.round + 1, now + pause
    elif rows:
        place = (rows[-1].expires_at, rows[-1].row_no)
    parameters = {
        "packet_id": poll.packet_id,
        "channel": poll.channel,
        "owner": owner,
        "round": min(number, 1000),
        "next_at": next_at,
        "after_expires": place[0],
        "after_row": place[1],
    }
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/poll_reports/advance"), parameters)
        uow.commit()
