"""Compares what a provider account lists for a closed day with what we recorded (docs/decisions/0033).

A difference becomes an alarm of the client whose messages differ; what belongs to no client is told by the doctor. No list is read within
a transaction: its references wait in a temporary file, and are compared in the database.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines import clock
from pipelines.actions.billing.listed_day import Compared, end_alarms, keep, raise_alarms
from pipelines.actions.time_budget import TimeBudget
from pipelines.errors import SettingsError
from pipelines.providers.carriers import carrier_named, carriers
from pipelines.providers.carriers.base import Carrier, Declined
from pipelines.providers.carriers.listing import CannotList
from pipelines.providers.http.wire import CallFailed
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
AGE = 2  # days: all of its messages are decided, and Mailgun promises its events for three (but not in its smallest plan)
BUDGET = 5.0  # times that of an errand: for a list of a million messages, once a night
MAX_MISSED = 7  # days that are made up for
LATE = 10.0  # times the budget of an errand, after which no missed day is begun: the task has an hour
MAX_ASKED = 500  # calls that are asked about one by one, because the list lacks them

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Day:
    """A day in UTC of an account that `providers` share."""

    account: str
    day: date
    providers: list[str]

    @property
    def parameters(self) -> dict[str, Any]:
        since = datetime.combine(self.day, time(), UTC)
        return {"providers": self.providers, "since": since, "until": since + DAY}

    @property
    def is_kept(self) -> bool:
        """Whether everything of this day is surely still in the provider's list."""
        oldest: datetime = clock.now() - carriers()[self.providers[0]].listing_kept
        return oldest <= datetime.combine(self.day, time(), UTC)


class Unread(Exception):
    """The list was not read to its end."""


def compare_lists(
    engine: Engine, settings: Settings, secrets: Mapping[str, str], day: date | None = None
) -> list[Compared]:
    """Compare the lists of `day` of all accounts that send. A repetition replaces the outcome. An alarm holds at once.

    None: of the newest day that is old enough, and of the days before it that were missed. An account whose provider has no list is left out.
    """
    newest = day or (clock.now() - AGE * DAY).astimezone(UTC).date()
    budget = TimeBudget(LATE)
    days = _accounts(engine, newest)
    if day is None:
        days += _missed(engine, newest)
    compared = []
    late = []
    for one in days:
        if one.day != newest and budget.spent:
            continue
        if found := _compare(engine, one, settings, secrets):
            compared.append(found)
            with UnitOfWork(engine, every_client=True) as uow:
                raise_alarms(uow, found)
                # After a run that is cut short, the next one compares a missed day that differs again. Otherwise, it would end its alarm.
                if one.day != newest and found.differences:
                    late.append(found)
                else:
                    keep(uow, found)
                uow.commit()
    with UnitOfWork(engine, every_client=True) as uow:
        for found in late:
            keep(uow, found)
        end_alarms(uow, compared, newest)
        uow.execute(sql("billing/lists/forget_days"))
        uow.execute(sql("billing/lists/forget_own"))
        uow.commit()
    return compared


def _accounts(engine: Engine, day: date) -> list[Day]:
    with UnitOfWork(engine, every_client=True) as uow:
        used = [row.provider for row in uow.all(sql("billing/lists/providers"), Day("", day, []).parameters)]
    of_account: dict[str, list[str]] = defaultdict(list)
    for name in used:
        if name in carriers():
            of_account[carriers()[name].account.name].append(name)
    return [Day(account, day, providers) for account, providers in of_account.items()]


def _missed(engine: Engine, newest: date) -> list[Day]:
    """The days before the newest that were not compared, and whose messages the provider surely lists still; the newest of them first."""
    with UnitOfWork(engine, every_client=True) as uow:
        rows = uow.all(sql("billing/lists/missed"), {"day": newest, "days": MAX_MISSED})
    accounts: dict[date, list[str]] = defaultdict(list)
    for row in rows:
        accounts[row.day].append(row.account)
    return [
        one
        for day, missing in accounts.items()
        for one in _accounts(engine, day)
        if one.account in missing and one.is_kept
    ]


def _compare(engine: Engine, day: Day, settings: Settings, secrets: Mapping[str, str]) -> Compared | None:
    """Compare one day of an account. None if its provider has no list."""
    budget = TimeBudget(BUDGET)
    try:
        with (
            closing(carrier_named(day.providers[0], settings, secrets)) as carrier,
            TemporaryFile("w+") as spool,
        ):
            _read(carrier, day.day, spool, budget)
            if missing := _unlisted(engine, day, spool):
                _ask(carrier, missing, day, spool, budget)
            found = _differences(engine, day, spool)
    except CannotList:
        return None
    except (Unread, SettingsError, Declined, CallFailed, ValueError) as error:
        log.warning("list_not_compared", account=day.account, day=str(day.day), error=type(error).__name__)
        found = Compared(day.account, day.day, "not_read")
    if found.differences:
        log.error("list_differs", account=day.account, day=str(day.day), differences=found.differences)
    return found


def _read(carrier: Carrier, day: date, spool: IO[str], budget: TimeBudget) -> None:
    """The list of the day and of the next: what was accepted before midnight may be sent, and listed, after it."""
    for page in carrier.list_days(day, day + DAY):
        if budget.spent:
            raise Unread
        for one in page:
            _note(spool, one.event.provider_ref, one.event.attempt_id, one.created_at)


def _ask(carrier: Carrier, references: Sequence[str], day: Day, spool: IO[str], budget: TimeBudget) -> None:
    """What a list by day may lack, such as a message that failed before it was sent, is asked for by its reference."""
    for reference in references:
        if budget.spent:
            raise Unread
        try:
            events = carrier.report(reference)
        except Declined as declined:
            if declined.reply.status != 404:
                raise
            continue
        for event in events:
            _note(spool, reference, event.attempt_id, day.parameters["until"])


def _note(spool: IO[str], reference: str | None, attempt_id: UUID | None, at: datetime) -> None:
    spool.write(json.dumps([reference or "", attempt_id and str(attempt_id), at.isoformat()]) + "\n")


def _unlisted(engine: Engine, day: Day, spool: IO[str]) -> list[str]:
    with UnitOfWork(engine, every_client=True) as uow:
        _copy(uow, spool)
        calls = uow.all(sql("billing/lists/unlisted"), day.parameters | {"limit": MAX_ASKED + 1})
    return [call.provider_ref for call in calls] if len(calls) <= MAX_ASKED else []


def _differences(engine: Engine, day: Day, spool: IO[str]) -> Compared:
    with UnitOfWork(engine, every_client=True) as uow:
        _copy(uow, spool)
        counts = uow.one(sql("billing/lists/counts"), day.parameters)
        rows = uow.all(sql("billing/lists/differences"), day.parameters)
    differences = [{**row._asdict(), "client_id": row.client_id and str(row.client_id)} for row in rows]
    outcome = "differs" if differences else "agrees"
    return Compared(day.account, day.day, outcome, counts.listed, counts.accepted, differences)


def _copy(uow: UnitOfWork, spool: IO[str]) -> None:
    uow.execute(sql("billing/lists/table"))
    spool.seek(0)
    with uow.copy_into("listed_message", ["provider_ref", "attempt_id", "at"]) as copy:
        for line in spool:
            copy.write_row(json.loads(line))
    uow.execute(sql("billing/lists/index"))
