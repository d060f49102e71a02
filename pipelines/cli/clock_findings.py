"""The checks of `packetboat doctor` about clocks: whether the database's agrees with those of the providers."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import Engine, text

from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.cli.finding import Finding
from pipelines.errors import SettingsError
from pipelines.events.matching import MAX_SKEW
from pipelines.providers.carriers import carriers
from pipelines.providers.carriers.base import Carrier
from pipelines.providers.http.wire import CallFailed, Reply

TOLERABLE = timedelta(seconds=2)
SECOND = timedelta(seconds=1)  # the precision of a Date header
WHY = "Calls whose answers are lost are found in a provider's list by their time (docs/decisions/0026)."


def clocks(boat: Packetboat) -> Iterator[Finding]:
    """Compare the database's clock, which dates every call, with each provider's that is not the sandbox."""
    compared = set()
    for carrier in carriers().values():
        if not carrier.account.is_sandbox(boat.settings) and carrier.account.name not in compared:
            compared.add(carrier.account.name)
            yield from _compared(boat, carrier)


def _compared(boat: Packetboat, carrier: type[Carrier]) -> Iterator[Finding]:
    try:
        with closing(carrier.configured(boat.settings, secrets_of(boat.settings))) as configured:
            began = _now(boat.engine("app"))
            date = _date(configured.line.call("GET", "/", headers={}))
            ended = _now(boat.engine("app"))
    except SettingsError:
        return  # a finding of its own
    except CallFailed:
        yield Finding("clock", "note", f"The clocks were not compared: {carrier.name} does not answer.")
        return
    if date is None:
        yield Finding("clock", "note", f"The clocks were not compared: {carrier.name} does not say the time.")
        return
    yield _finding(carrier.name, skew(date, began, ended))


def skew(date: datetime, began: datetime, ended: datetime) -> timedelta:
    """By how much our clock is at least ahead, if a provider's answer has this date and came between these two times of ours."""
    return max(timedelta(0), began - date - SECOND) + min(timedelta(0), ended - date)


def _finding(provider: str, ahead: timedelta) -> Finding:
    if abs(ahead) <= TOLERABLE:
        return Finding("clock", "ok", f"The database's clock agrees with that of {provider}.")
    seconds = f"{abs(ahead).total_seconds():.0f} seconds {'ahead of' if ahead > timedelta(0) else 'behind'}"
    harm = (
        "Messages may be sent twice"
        if abs(ahead) > MAX_SKEW
        else "Messages whose answers are lost may need a person"
    )
    remedy = "Let NTP set the clock of the database's machine."
    return Finding(
        "clock", "wrong", f"The database's clock is {seconds} that of {provider}. {harm}. {remedy} {WHY}"
    )


def _now(engine: Engine) -> datetime:
    with engine.connect() as connection:
        now: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
        return now


def _date(reply: Reply) -> datetime | None:
    try:
        date = parsedate_to_datetime(reply.headers["Date"])
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
