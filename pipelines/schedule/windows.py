"""The spans of time in which messages may leave, on the clocks of the person (D13, D14)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from pipelines.domain.schedule import DAY, Window
from pipelines.schedule.holidays import holidays_of
from pipelines.schedule.moments import moment_of


class Span(NamedTuple):
    """From `opens` (included) to `closes` (excluded), in UTC."""

    opens: datetime
    closes: datetime


@lru_cache(maxsize=4_096)
def spans(zones: tuple[str, ...], window: Window, country: str, first: date, last: date) -> tuple[Span, ...]:
    """The spans, in order, in which the window is open in every one of the `zones`, on the local days from `first` to `last`.

    `country` decides the holidays, unless the window names its own.
    """
    common, *others = ([*_joined(_days(zone, window, country, first, last))] for zone in zones)
    for other in others:
        common = _common(common, other)
    return tuple(common)


def _days(zone: str, window: Window, country: str, first: date, last: date) -> Iterator[Span]:
    day = first
    while day <= last:
        if day.weekday() in window.weekdays and not _is_holiday(day, window, country):
            yield Span(_at(day, window.begin, zone), _at(day, window.end, zone))
        day += timedelta(days=1)


def _is_holiday(day: date, window: Window, country: str) -> bool:
    return window.skips_holidays and day in holidays_of(
        window.country or country, window.subdivision, day.year
    )


def _at(day: date, minute: int, zone: str) -> datetime:
    midnight = datetime.combine(day + timedelta(days=minute // DAY), time())
    return moment_of(midnight + timedelta(minutes=minute % DAY), zone)


def _joined(days: Iterator[Span]) -> Iterator[Span]:
    """Spans that touch become one. A span that a clock change left empty is dropped."""
    open_span: Span | None = None
    for span in days:
        if span.opens >= span.closes:
            continue
        if open_span is not None and span.opens <= open_span.closes:
            open_span = Span(open_span.opens, max(open_span.closes, span.closes))
            continue
        if open_span is not None:
            yield open_span
        open_span = span
    if open_span is not None:
        yield open_span


def _common(some: list[Span], others: list[Span]) -> list[Span]:
    """The times that are in both, in order."""
    common, left, right = [], 0, 0
    while left < len(some) and right < len(others):
        both = Span(max(some[left].opens, others[right].opens), min(some[left].closes, others[right].closes))
        if both.opens < both.closes:
            common.append(both)
        if some[left].closes < others[right].closes:
            left += 1
        else:
            right += 1
    return common
