"""How the portal writes numbers, times, sizes and money: with Babel, in the reader's locale and the time zone of their client."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_skeleton,
    format_timedelta,
    get_datetime_format,
    get_timezone_gmt,
)
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit
from flask import Flask
from flask_babel import gettext
from markupsafe import Markup

from pipelines.language.money import priced, shown
from pipelines.reports.clock import elapsed
from webapp.access import viewer
from webapp.fab.locale import current

DASH = "\u2013"
KIB = 1024.0
MINUTE, HOUR = 60, 3600
JUST_NOW = 45  # seconds


def number(value: float | Decimal | None) -> str:
    """1,000; a dash for None."""
    return DASH if value is None else format_decimal(value, locale=current())


def counted(value: int, one: str, many: str | None = None) -> str:
    """1 row, 1,000 rows; `many` is the plural if it is not formed with an s."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def size(count: int) -> str:
    """A number of bytes as a person reads it: 152 kB, 1.4 MB."""
    if count < KIB:
        return format_unit(count, "digital-byte", "long", locale=current())
    value, unit = count / KIB, "digital-kilobyte"
    if value >= KIB:
        value, unit = value / KIB, "digital-megabyte"
    return format_unit(round(value, 1 if value < 10 else None), unit, "short", locale=current())


def duration(seconds: float) -> str:
    """How long something took: 0.4 sec, 12 sec, 3 min 20 sec, 2 hr 5 min."""
    whole = round(seconds)
    if seconds < 10:
        parts = [(round(max(seconds, 0.0), 1), "second")]
    elif whole < MINUTE:
        parts = [(whole, "second")]
    elif whole < HOUR:
        parts = [(whole // MINUTE, "minute"), (whole % MINUTE, "second")]
    else:
        parts = [(whole // HOUR, "hour"), (whole % HOUR // MINUTE, "minute")]
    words = [format_unit(value, f"duration-{unit}", "short", locale=current()) for value, unit in parts]
    return format_list(words, "unit-narrow", locale=current())


def distance(moment: datetime, now: datetime) -> str:
    """The distance of a moment from now: 25 minutes ago, in 2 hours, 1 day ago."""
    away = moment - now
    if abs(away.total_seconds()) < JUST_NOW:
        return gettext("just now") if away.total_seconds() <= 0 else gettext("in a moment")
    return format_timedelta(away, granularity="minute", threshold=1, add_direction=True, locale=current())


def clock(moment: datetime, zone: str, now: datetime) -> str:
    """The time of day with its zone, and the date unless it is today."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == today.date():
        return _time(local, "Hm")
    return _with_day(local, "MMMd" if local.year == today.year else "yMMMd", "Hm")


def when(moment: datetime | None, zone: str | None = None) -> Markup:
    """A moment in the reader's time zone with its distance from now, and in full as a tooltip."""
    if moment is None:
        return Markup("&ndash;")
    now = datetime.now(UTC)
    shown = clock(moment, zone or viewer().time_zone, now)
    return Markup(
        '<time datetime="{}" title="{}">{}<span class="soft"><span class="comma">, </span>{}</span></time>'
    ).format(
        moment.isoformat(timespec="seconds"),
        moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        shown,
        distance(moment, now),
    )


def exactly(moment: datetime | None, zone: str) -> str:
    """A moment to the second with its date and zone, for lists of events: Nov 21, 2026, 16:40:07 CET."""
    return DASH if moment is None else _with_day(moment.astimezone(ZoneInfo(zone)), "yMMMd", "Hms")


def money(minor: int, currency: str) -> str:
    """An amount in the smallest unit of its currency, written in whole ones: $123.45, UGX 12,345."""
    return shown(priced(minor, currency), current())


def cell(value: object) -> object:
    """A value in a table, formatted by its type."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None | int() | float() | Decimal():
            return number(value)
        case datetime():
            # One without a zone is from Flask-AppBuilder, which stores the local time of the machine.
            return when(value.astimezone(UTC))
        case date():
            return format_date(value, locale=current())
        case list() | tuple() | set():
            return ", ".join(sorted(str(one) for one in value)) or DASH
    return value


def register(app: Flask) -> None:
    """Make the formats available to the templates."""
    filters: tuple[Callable[..., object], ...] = (
        number, counted, size, duration, when, exactly, money, cell,
    )  # fmt: skip
    for one in filters:
        app.add_template_filter(one)
    app.add_template_global(elapsed)


def _with_day(local: datetime, day: str, time: str) -> str:
    date_and_time = str(get_datetime_format("medium", locale=current()))
    return date_and_time.replace("{1}", _in(local, day)).replace("{0}", _time(local, time))


def _time(local: datetime, skeleton: str) -> str:
    name = local.strftime("%Z")
    return f"{_in(local, skeleton)} {name if name.isalpha() else get_timezone_gmt(local, locale=current())}"


def _in(local: datetime, skeleton: str) -> str:
    return format_skeleton(skeleton, local, tzinfo=local.tzinfo, locale=current())
