"""The part of cleaning that Python does: the distinct values that SQL left open, and the distinct pairs of date and time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text

from pipelines.cleaning.dates import Reading
from pipelines.cleaning.rule import Cleaned, Order, Problem, Setting
from pipelines.cleaning.times import clean_moment
from pipelines.steps.clean.columns import FileField
from pipelines.store.sqlfile import sql_with
from pipelines.store.unit_of_work import UnitOfWork

_BATCH = 5_000  # values in memory
_VALUE_COLUMNS = ("field", "raw", "value", "can_text", "country", "change", "code", "params")
MOMENTS = text("select date_raw, time_raw, rows from clean_date")
_MOMENT_COLUMNS = ("date_raw", "time_raw", "contact_at", "local_at", "change", "field", "code", "params")


def clean_unusual(
    uow: UnitOfWork, fields: Iterable[FileField], setting: Setting, readings: Mapping[str, Reading | None]
) -> set[str]:
    """Fill clean_value from clean_pick. `readings` tells how the dates of a field are read.

    Returns the names of the fields that have unusable values.
    """
    bad: set[str] = set()
    for field in fields:
        clean, reading = field.rule.clean, readings.get(field.name)
        assert clean is not None
        of_field = replace(setting, order=reading.order if reading else None)
        for values in in_batches(uow, sql_with("steps/clean/unusual", {"field": field.name})):
            with uow.copy_into("clean_value", _VALUE_COLUMNS) as copy:
                for (raw,) in values:
                    cleaned = clean(raw, of_field) if raw.strip() else Cleaned(None)
                    if isinstance(cleaned, Problem):
                        bad.add(field.name)
                    copy.write_row(_value_row(field, raw, cleaned))
    return bad


def clean_moments(uow: UnitOfWork, order: Order, time_zone: str) -> None:
    """Fill clean_moment from clean_date."""
    zone = ZoneInfo(time_zone)
    for moments in in_batches(uow, MOMENTS):
        with uow.copy_into("clean_moment", _MOMENT_COLUMNS) as copy:
            for date_raw, time_raw, _ in moments:
                copy.write_row(_moment_row(date_raw, time_raw, order, zone))


def in_batches(uow: UnitOfWork, statement: TextClause) -> Iterator[Sequence[Any]]:
    """The statement's rows through a server-side cursor: a million distinct values take no more memory than a few."""
    with uow.connection.execute(statement, execution_options={"yield_per": _BATCH}) as result:
        yield from result.partitions()


def _value_row(field: FileField, raw: str, cleaned: Cleaned | Problem) -> tuple[Any, ...]:
    name = field.name
    if isinstance(cleaned, Problem):
        return name, raw, None, None, None, f"{name}:{cleaned.code}", cleaned.code, json.dumps(cleaned.params)
    change = None
    if cleaned.note or (cleaned.value != raw and not field.rule.reads_dates):
        change = f"{name}:{cleaned.note or field.rule.code}"
    return name, raw, cleaned.value, cleaned.can_text, cleaned.country, change, None, None


def _moment_row(date_raw: str, time_raw: str, order: Order, zone: ZoneInfo) -> tuple[Any, ...]:
    cleaned = clean_moment(date_raw, time_raw, order, zone)
    if isinstance(cleaned, tuple):
        field, problem = cleaned
        return date_raw, time_raw, None, None, None, field, problem.code, json.dumps(problem.params)
    change = f"contact_at:{cleaned.note}" if cleaned.note else None
    return date_raw, time_raw, cleaned.contact_at, cleaned.local_at, change, None, None, None
