"""Dates and times as a message says them, in its own language, from the Unicode CLDR."""

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

# CLDR joins some parts with no-break spaces. GSM-7 has none: each would cost a text message its cheap alphabet.
_NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_FIELD = "A-Za-z"
# The weekday at the start of a full date, with what stands between it and the next part; or at its end.
_WEEKDAY_FIRST = re.compile(rf"^((?:E+|c+)(?:'[^']*'|[^{_FIELD}'])*)")
_WEEKDAY_LAST = re.compile(r"([,،]?\s*(?:E+|c+))$")


@cache
def locale(language: str) -> Locale:
    """The locale of a language tag such as `fr` or `en-GB`; of its bare language where the tag as a whole is not known.

    Raises ValueError for a language that the CLDR does not have.
    """
    for tag in (language, language.replace("_", "-").split("-")[0]):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    raise ValueError(f"there is no language {language!r}")


def day(local: str, language: str) -> str:
    """`2026-11-24 …` → `Tuesday, November 24`, `mardi 24 novembre`, `martes, 24 de noviembre`."""
    return _say_date(local[:10], language, with_year=False)


def full_date(local: str, language: str) -> str:
    """`2026-11-24 …` → `November 24, 2026`, `24 novembre 2026`, `24 de noviembre de 2026`."""
    return _say_date(local[:10], language, with_year=True)


def clock(local: str, language: str) -> str:
    """`… 14:30` → `2:30 PM`, `14:30`. Empty for a date without a time."""
    return _say_time(local[11:16], language) if local[11:] else ""


# What a template may make of `contact_at`.
MOMENTS: dict[str, Callable[[str, str], str]] = {"day": day, "date": full_date, "clock": clock}


def table(moment: str, locals_: Iterable[str], language: str) -> dict[str, str]:
    """Every text that `moment` (a key of MOMENTS) makes of local times, by the part of them that it depends on.

    A date without a time has none for `clock`.
    """
    said = {part_of(moment, local): MOMENTS[moment](local, language) for local in locals_}
    return {part: words for part, words in said.items() if words}


def part_of(moment: str, local: str) -> str:
    """The time of day for `clock`, else the date: a million appointments share a few hundred of each."""
    return local[11:16] if moment == "clock" else local[:10]


@lru_cache(maxsize=20_000)
def _say_date(day_: str, language: str, *, with_year: bool) -> str:
    where = locale(language)
    pattern = "long" if with_year else _day_pattern(where)
    return _plain(format_date(date.fromisoformat(day_), pattern, where))


@lru_cache(maxsize=20_000)
def _say_time(time_: str, language: str) -> str:
    return _plain(format_time(time.fromisoformat(time_), "short", locale=locale(language)))


def _plain(words: str) -> str:
    return words.translate(_NO_BREAK)


@cache
def _day_pattern(where: Locale) -> str:
    """Weekday, day and month: the CLDR has it only for some languages, so the weekday of the full date joins month and day."""
    full = where.date_formats["full"].pattern
    month_day = where.datetime_skeletons["MMMMd"].pattern
    if first := _WEEKDAY_FIRST.search(full):
        return f"{first[1]}{month_day}"
    last = _WEEKDAY_LAST.search(full)
    return f"{month_day}{last[1] if last else ' EEEE'}"
