"""Dates. The order of day and month is decided once for a whole column, by evidence, never cell by cell (R8)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from babel.dates import get_month_names

from pipelines.cleaning.rule import Order, Problem, Rule
from pipelines.domain.column_names import words
from pipelines.errors import StepFailed
from pipelines.language import Sentence

_MONTH_FIRST_REGIONS = {
    "US",
    "PR",
    "GU",
    "VI",
    "AS",
    "MP",
    "FM",
    "MH",
    "PW",
    "PH",
    "BZ",
}  # CLDR short date patterns
_MAX_STRAY = 0.01  # share of the dates that may contradict the order: typing errors, held as impossible dates
_EXCEL_EPOCH = date(1899, 12, 30)  # so that serial 61 is 1 March 1900; 60 is a day that never existed
_EARLIEST, _LATEST = date(1900, 3, 1), date(2199, 12, 31)
_MONTHS_IN_YEAR = 12
_SHORT_YEAR = 100

_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})")
_EIGHT_DIGITS = re.compile(r"(\d{4})()(\d{2})(\d{2})")
_TWO_FIRST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
_DAY_NAME_FIRST = re.compile(r"(?:(\d{1,2}) )?([a-z]+) (?:(\d{1,2}) )?(\d{4}|\d{2})")

_IMPOSSIBLE = Problem("impossible_date")
_UNREADABLE = Problem("unreadable_date")


@dataclass(slots=True)
class Evidence:
    """How many dates of a column can only be read day first, only month first, or either way."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0

    def add(self, text: str, rows: int = 1) -> None:
        """Count a value that occurs in `rows` rows."""
        match = _TWO_FIRST.fullmatch(text)
        if match is None:
            return
        first, second = int(match[1]), int(match[3])
        if first > _MONTHS_IN_YEAR >= second:
            self.day_first += rows
        elif second > _MONTHS_IN_YEAR >= first:
            self.month_first += rows
        elif first != second and first <= _MONTHS_IN_YEAR:
            self.either += rows


@dataclass(frozen=True, slots=True)
class Reading:
    """The order of a column, whether its own dates show it, and a note for the client."""

    order: Order
    shown: bool
    note: Sentence | None


def decide(evidence: Evidence, region: str, remembered: Order | None = None) -> Reading:
    """The order of a column: what its dates show, else what this feed used before, else what is usual in the region.

    Raises StepFailed when the dates show both orders, or not the one that the feed had before.
    """
    shown, against = evidence.day_first, evidence.month_first
    order = Order.DAY_FIRST
    if against > shown:
        order, shown, against = Order.MONTH_FIRST, against, shown
    if shown and against > _MAX_STRAY * shown:
        raise StepFailed("mixed_dates", day_first=evidence.day_first, month_first=evidence.month_first)
    if shown and remembered not in (None, order):
        raise StepFailed("date_order_changed", now=_title(order), before=_title(remembered or order))
    if shown:
        return Reading(order, shown=True, note=None)
    order = remembered or (Order.MONTH_FIRST if region in _MONTH_FIRST_REGIONS else Order.DAY_FIRST)
    why = (
        Sentence("date_order_as_before") if remembered else Sentence("date_order_custom", {"region": region})
    )
    note = Sentence("date_order_assumed", {"order": _title(order), "why": why}) if evidence.either else None
    return Reading(order, shown=False, note=note)


@lru_cache(maxsize=20_000)
def parse_date(text: str, order: Order) -> date | Problem:
    """Read a date in any usual notation: 2027-03-31, 31/03/2027, 3/31/27, 31 mars 2027, March 31st, 2027, or a spreadsheet's day number."""
    if match := _YEAR_FIRST.fullmatch(text) or _EIGHT_DIGITS.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _TWO_FIRST.fullmatch(text):
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
        return _date(_full_year(match[4]), month, day)
    if match := _SERIAL.fullmatch(text):
        day_number = _EXCEL_EPOCH + timedelta(days=int(match[1]))
        return day_number if date(1990, 1, 1) <= day_number <= date(2099, 12, 31) else _UNREADABLE
    return _with_month_name(text)


def _with_month_name(text: str) -> date | Problem:
    plain = re.sub(r"(?<=\d) ?(?:st|nd|rd|th|er)\b", "", words(text))
    rest = " ".join(word for word in plain.split() if word not in _weekdays_and_links())
    match = _DAY_NAME_FIRST.fullmatch(rest)
    month = _months().get(match[2]) if match else None
    if match is None or month is None or bool(match[1]) == bool(match[3]):
        return _UNREADABLE
    return _date(_full_year(match[4]), month, int(match[1] or match[3]))


def _date(year: int, month: int, day: int) -> date | Problem:
    try:
        value = date(year, month, day)
    except ValueError:
        return _IMPOSSIBLE
    return value if _EARLIEST <= value <= _LATEST else _IMPOSSIBLE


def _full_year(text: str) -> int:
    year = int(text)
    return year + 2000 if year < _SHORT_YEAR else year


def _title(order: Order) -> Sentence:
    return Sentence("date_order_day_first" if order is Order.DAY_FIRST else "date_order_month_first")


@cache
def _months() -> dict[str, int]:
    """Month names and their abbreviations in three languages, without accents and dots."""
    names: dict[str, int] = {}
    for language in ("en", "fr", "es"):
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                names[words(name)] = number
    return names | {
        "sep": 9,
        "sept": 9,
        "set": 9,
        "dec": 12,
        "fev": 2,
        "fevr": 2,
        "janv": 1,
        "avr": 4,
        "juil": 7,
    }


@cache
def _weekdays_and_links() -> frozenset[str]:
    english = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun the of"
    french = "lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim le"
    spanish = "lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom de del el"
    return frozenset(f"{english} {french} {spanish}".split())


RULE = Rule("date")
