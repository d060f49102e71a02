"""Asks providers about messages whose final report never came. The answers enter through the inbox, like callbacks."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, Row

from pipelines import clock
from pipelines.actions.comparable import comparable
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

log = structlog.get_logger()


@dataclass(slots=True)
class Polled:
    """How many calls were asked about, how many of these got an answer, and how many events were new."""

    asked: int = 0
    answered: int = 0
    new: int = 0


def poll_reports(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> Polled:
    """Ask about at most MAX_ASKED messages of the packets that are due. Several processes may do so at once."""
    now = clock.now()
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/poll_reports/forget"), {"now": now, "days": DAYS})
        entering = {"channels": sorted(channels()), "now": now, "days": DAYS}
        uow.execute(sql("actions/poll_reports/enter"), entering)
        uow.commit()
    done, left = Polled(), MAX_ASKED
    while left > 0:
        taken = _poll_next(engine, settings, secrets, now, left, done)
        if taken is None:
            break
        left -= taken
    if done.new:
        apply_events(engine)
    return done


def _poll_next(
    engine: Engine, settings: Settings, secrets: Mapping[str, str], now: datetime, limit: int, done: Polled
) -> int | None:
    """Ask about the next messages of the packet that is due first; returns how many, None when none is due."""
    owner = uuid4()
    claimed = _claim(engine, owner, now, limit)
    if claimed is None:
        return None
    poll, rows = claimed
    answers = _ask(rows, settings, secrets)
    done.asked += len(answers)
    events = [event for answer in answers for event in answer or ()]
    done.answered += sum(answer is not None for answer in answers)
    for provider in {event.provider for event in events}:
        same = [event for event in events if event.provider == provider]
        done.new += inbox.store(engine, comparable(carriers()[provider], same), {"source": "report"})
    trouble = bool(answers) and all(answer is None for answer in answers)
    _advance(engine, owner, poll, rows, now, full=len(rows) == limit, trouble=trouble)
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


def _ask(
    rows: Sequence[Row[Any]], settings: Settings, secrets: Mapping[str, str]
) -> list[list[ProviderEvent] | None]:
    """What the providers report of each call of these messages; None for one that got no answer."""
    attempts = {(row.provider, row.provider_ref): row.attempt_id for row in rows}
    answers: list[list[ProviderEvent] | None] = []
    for provider in {name for name, _ in attempts}:
        references = [reference for name, reference in attempts if name == provider]
        try:
            carrier = carrier_named(provider, settings, secrets)
        except SettingsError as error:
            log.warning("provider_cannot_be_asked", provider=provider, code=error.code)
            answers += [None] * len(references)
            continue
        with closing(carrier), ThreadPoolExecutor(THREADS) as pool:
            reports = pool.map(lambda reference, one=carrier: _report(one, reference), references)
            for reference, events in zip(references, reports, strict=True):
                answers.append(events and _of_attempt(events, attempts[provider, reference]))
    return answers


def _report(carrier: Carrier, reference: str) -> list[ProviderEvent] | None:
    try:
        return carrier.report(reference)
    except CannotList:
        return []
    except (Declined, CallFailed, ValueError) as error:
        log.warning("report_not_read", provider=carrier.name, error=type(error).__name__)
        return None


def _of_attempt(events: list[ProviderEvent], attempt_id: UUID | None) -> list[ProviderEvent]:
    """The events, with the attempt of a call with one message: bad news is matched by it alone (sql/events/match)."""
    return [replace(event, attempt_id=attempt_id) if attempt_id else event for event in events]


def _advance(
    engine: Engine,
    owner: UUID,
    poll: Row[Any],
    rows: Sequence[Row[Any]],
    now: datetime,
    *,
    full: bool,
    trouble: bool,
) -> None:
    """Go on after the last message, or begin the next round later."""
    place, number, next_at = (
        START,
        poll.round + 1,
        now + min(MAX_PAUSE, FIRST_PAUSE * 4 ** min(poll.round, 5)),
    )
    if trouble:
        place, number, next_at = (poll.after_expires, poll.after_row), poll.round, now + TROUBLE
    elif full:
        place, number, next_at = (rows[-1].expires_at, rows[-1].row_no), poll.round, now
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
