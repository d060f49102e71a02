"""Moments as params of sentences: local time with its zone, in the format of RFC 9557: 2026-11-24T09:00:00-05:00[America/New_York]."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_name

_ZONED = re.compile(r"(?P<iso>[^\[]+)\[(?P<zone>[^\]]+)\]")
_OFFSET = re.compile(r"[+-]\d{4}")


def zoned(moment: datetime, zone: str) -> str:
    """The param for a moment, which has any time zone, as people in `zone` (a name such as Europe/Paris) see it."""
    return f"{moment.astimezone(ZoneInfo(zone)).isoformat(timespec='seconds')}[{zone}]"


def shown(param: str, locale: Locale) -> str:
    """Date, time and zone of a param in the style of the locale: Nov 24, 2026, 9:00 AM EST. Raises ValueError for another format."""
    match = _ZONED.fullmatch(param)
    if not match:
        raise ValueError(f"{param!r} is not a moment with its zone")
    moment = datetime.fromisoformat(match["iso"]).astimezone(ZoneInfo(match["zone"]))
    time = f"{format_time(moment, 'short', tzinfo=moment.tzinfo, locale=locale)} {_zone_name(moment, locale)}"
    pattern = str(get_datetime_format("medium", locale=locale))
    return pattern.replace("{0}", time).replace("{1}", str(format_date(moment, "medium", locale=locale)))


def _zone_name(moment: datetime, locale: Locale) -> str:
    """EST, or UTC+01:00 where the language has no short name for the zone."""
    name = str(get_timezone_name(moment, "short", locale=locale))
    if not _OFFSET.fullmatch(name):
        return name
    # Not Babel's: it shows -03:30 as -04:30.
    return f"UTC{moment.isoformat()[-6:]}"
