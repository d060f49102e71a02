"""Dates and times as a message writes them, in its own language, from the Unicode CLDR."""

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

# CLDR joins some parts with no-break spaces. GSM-7 has none: with one of them a text message would have to be sent as UCS-2.
_NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_FIELD = "A-Za-z"
# The weekday at the start of a full date, with the separator after it; or at the end.
_WEEKDAY_FIRST = re.compile(rf"^((?:E+|c+)(?:'[^']*'|[^{_FIELD}'])*)")
_WEEKDAY_LAST = re.compile(r"([,،]?\s*(?:E+|c+))$")


@cache
def locale(language: str) -> Locale:
    """The locale of a language tag such as `fr` or `en-GB`; of its bare language if the whole tag is unknown.

    Raises ValueError for a language that is not in the CLDR.
    """
    for tag in (language, language.replace("_", "-").split("-")[0]):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    raise ValueError(f"there is no language {language!r}")


def day(local: str, language: str) -> str:
    """`2026-11-24 …` → `Tuesday, November 24`, `mardi 24 novembre`, `martes, 24 de noviembre`."""
    return _date(local[:10], language, with_year=False)


def full_date(local: str, language: str) -> str:
    """`2026-11-24 …` → `November 24, 2026`, `24 novembre 2026`, `24 de noviembre de 2026`."""
    return _date(local[:10], language, with_year=True)


def clock(local: str, language: str) -> str:
    """`… 14:30` → `2:30 PM`, `14:30`. Empty for a date without a time."""
    return _time(local[11:16], language) if local[11:] else ""


# The formats that a template may apply to `contact_at`.
FORMATS: dict[str, Callable[[str, str], str]] = {"day": day, "date": full_date, "clock": clock}


def table(format_: str, locals_: Iterable[str], language: str) -> dict[str, str]:
    """The text of each local time in a format (a key of FORMATS), by the part of the time that it depends on.

    A date without a time has no text for `clock`.
    """
    texts = {part_of(format_, local): FORMATS[format_](local, language) for local in locals_}
    return {part: text for part, text in texts.items() if text}


def part_of(format_: str, local: str) -> str:
    """The time of day for `clock`, else the date: a million appointments share a few hundred of each."""
    return local[11:16] if format_ == "clock" else local[:10]


@lru_cache(maxsize=20_000)
def _date(iso: str, language: str, *, with_year: bool) -> str:
    locale_ = locale(language)
    pattern = "long" if with_year else _day_pattern(locale_)
    return _plain(format_date(date.fromisoformat(iso), pattern, locale_))


@lru_cache(maxsize=20_000)
def _time(iso: str, language: str) -> str:
    return _plain(format_time(time.fromisoformat(iso), "short", locale=locale(language)))


def _plain(text: str) -> str:
    return text.translate(_NO_BREAK)


@cache
def _day_pattern(locale_: Locale) -> str:
    """Weekday, day and month. The CLDR has this pattern for some languages only, so the full date's weekday is added to month and day."""
    full = locale_.date_formats["full"].pattern
    month_day = locale_.datetime_skeletons["MMMMd"].pattern
    if first := _WEEKDAY_FIRST.search(full):
        return f"{first[1]}{month_day}"
    last = _WEEKDAY_LAST.search(full)
    return f"{month_day}{last[1] if last else ' EEEE'}"
