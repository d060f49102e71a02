"""Times of day, and the moment that a date and a time denote in a time zone, including clock changes."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipelines.cleaning.dates import parse_date
from pipelines.cleaning.rule import Order, Problem, Rule
from pipelines.cleaning.text import tidy

_CLOCK = re.compile(
    r"(\d{1,2})(?: ?[:h.] ?(\d{2}))?(?::(\d{2})(?:\.\d+)?)?(?: ?h(?:rs?|eures?|oras?)?)?(?: ?([ap])\.? ?m\.?)?",
    re.IGNORECASE,
)
_FOUR_DIGITS = re.compile(r"([01]\d|2[0-3])([0-5]\d)")
_DAY_FRACTION = re.compile(r"0[.,]\d+")
_DATE_THEN_TIME = re.compile(
    r"(.*?\d{2,4})(?:T|,? +(?:at |à |a las )?)(\d{1,2}(?:[:h.]\d{2}.*|h| ?[ap]\.?m\.?))", re.IGNORECASE
)
_OFFSET = re.compile(r"(.*\d) ?(?:Z|([+-])(\d{2}):?([0-5]\d))")
_ISO_MOMENT = re.compile(r".*\d[Tt]\d.*|\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}.*")
# The offsets that clocks have. In minutes, those that are no whole hours: the Marquesas, Newfoundland in winter and summer; Iran, Afghanistan,
# India, Nepal, Myanmar, Eucla, Adelaide in winter and summer, and the Chatham Islands in winter and summer.
_OFFSETS = frozenset(
    timedelta(minutes=minutes)
    for minutes in (
        *range(-12 * 60, 14 * 60 + 1, 60),
        *(-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825),
    )
)
_SERIAL_MOMENT = re.compile(r"(\d{5})[.,](\d+)")
_MIDNIGHT = re.compile(r"^00:00(?::00(?:\.0+)?)?$")
_NOON = 12

_NO_TIME = Problem("unreadable_time")
_IMPOSSIBLE_TIME = Problem("impossible_time")
_SKIPPED_TIME = Problem("skipped_time")


@dataclass(frozen=True, slots=True)
class Moment:
    """`contact_at` in UTC; `local_at` in the zone's local time, `YYYY-MM-DD HH:MM`, or `YYYY-MM-DD` if no time was given.

    Without a time, the moment is the start of the day. `note` is `dst_overlap` if the local time occurs twice.
    """

    contact_at: datetime
    local_at: str
    note: str | None = None


def split_moment(text: str) -> tuple[str, str]:
    """Split a cell into date and time; the time is empty if the cell holds only a date."""
    text = tidy(text)
    if match := _SERIAL_MOMENT.fullmatch(text):
        return match[1], f"0.{match[2]}"
    match = _DATE_THEN_TIME.fullmatch(text)
    return (match[1], match[2]) if match else (text, "")


@lru_cache(maxsize=5_000)
def parse_time(text: str) -> time | Problem:
    """Read a time of day in any usual notation: 14:30, 2:30 PM, 14h30, 1430, or a spreadsheet's fraction of a day."""
    if _DAY_FRACTION.fullmatch(text):
        minutes = round(float(text.replace(",", ".")) * 24 * 60)
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else _IMPOSSIBLE_TIME
    if match := _FOUR_DIGITS.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    match = _CLOCK.fullmatch(text)
    if match is None or text.isdigit():
        return _NO_TIME
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return _IMPOSSIBLE_TIME
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(match[2] or 0), int(match[3] or 0))
    except ValueError:
        return _IMPOSSIBLE_TIME


def clean_moment(
    date_text: str, time_text: str, order: Order, zone: ZoneInfo
) -> Moment | tuple[str, Problem]:
    """The moment of a row, or the field that is wrong (`contact_date` or `contact_time`) and why.

    A time in the date's cell counts if `time_text` is empty, except midnight, which exports add to a date without a time. A time with
    an offset from UTC (`09:00+02:00`) is taken literally and converted to the zone. A negative offset counts only in an ISO moment, such as
    `2027-03-31T09:00-04:00`: elsewhere, `10:00-11:30` is a range of times, which cannot be read.
    """
    date_part, inner = split_moment(date_text)
    day = parse_date(date_part, order)
    if isinstance(day, Problem):
        return "contact_date", day
    own_time = tidy(time_text)
    in_iso = not own_time and _ISO_MOMENT.fullmatch(tidy(date_text)) is not None
    clock, own_zone = _without_offset(own_time or _MIDNIGHT.sub("", inner), negative=in_iso)
    if not clock:
        return Moment(datetime.combine(day, time(), zone).astimezone(UTC), day.isoformat())
    hour = parse_time(clock)
    if isinstance(hour, Problem):
        return "contact_time", hour
    if own_zone:
        moment = datetime.combine(day, hour, own_zone)
        local = moment.astimezone(zone)
        return Moment(moment.astimezone(UTC), f"{local:%Y-%m-%d %H:%M}")
    return _local(day, hour, zone)


def _local(day: date, hour: time, zone: ZoneInfo) -> Moment | tuple[str, Problem]:
    """Local time as a moment. A repeated time means its first occurrence (RFC 5545); a skipped time is refused, never guessed."""
    requested = datetime.combine(day, hour, zone)
    moment = requested.astimezone(UTC)
    local = moment.astimezone(zone)
    if local.replace(tzinfo=None) != requested.replace(tzinfo=None):
        return "contact_time", _SKIPPED_TIME
    repeated = requested.utcoffset() != requested.replace(fold=1).utcoffset()
    return Moment(moment, f"{local:%Y-%m-%d %H:%M}", "dst_overlap" if repeated else None)


def _without_offset(text: str, *, negative: bool) -> tuple[str, timezone | None]:
    """The clock time and its offset from UTC, if it has one. What only looks like an offset stays in the time, which cannot be read then."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return text, None
    if match[2] is None:
        return match[1], UTC
    offset = timedelta(hours=int(match[3]), minutes=int(match[4])) * (-1 if match[2] == "-" else 1)
    if (match[2] == "-" and not negative) or offset not in _OFFSETS:
        return text, None
    return match[1], timezone(offset)


RULE = Rule("time")
