"""The profile of a packet: what each of its fields looks like, in counts and shapes, without anybody's values."""

import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import TextClause

from pipelines.domain.fields import BY_NAME, COLUMNS
from pipelines.domain.mapping import LoadMap
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

VERSION = 1
MAX_ROWS = 5_000  # rows to look at; a larger packet is sampled, always with the same rows
MAX_SHAPES = 3


def profile(uow: UnitOfWork, packet_id: UUID, load_map: LoadMap, rows: int) -> dict[str, Any]:
    """A document of schema VERSION about the usable rows of a file that has `rows` rows.

    In the document, `rows` is how many usable rows were looked at. Each field has, of these, how many are `filled`, how many `distinct`
    values there are, how many cleaning `changed`, the `shortest` and `longest` length in characters, and the most frequent `shapes`.
    `held` counts all rows that are held for the field.
    """
    chosen: Sequence[int] = range(1, rows + 1)
    if rows > MAX_ROWS:
        chosen = sorted(random.Random(packet_id.int).sample(chosen, MAX_ROWS))  # noqa: S311 - nothing secret
    parameters = {"packet_id": packet_id, "row_numbers": list(chosen)}
    fields = _fields(load_map)
    cells = ", ".join(f"('{name}', {BY_NAME[name].as_text})" for name in dict.fromkeys(fields.values()))
    shapes = _table(uow, sql_with("steps/check/profile", {"cells": cells}), parameters)
    changes = _table(uow, sql("steps/check/profile_changes"), parameters).set_index("field")["changed"]
    held = _table(uow, sql("steps/check/profile_held"), parameters)
    held = held.assign(field=held["column_name"].map(fields)).groupby("field")["held"].sum()
    order = [field.name for field in COLUMNS if field.name in fields.values()]
    return {
        "version": VERSION,
        "rows": uow.scalar(sql("steps/check/profile_rows"), parameters),
        "fields": _by_field(order, shapes, changes, held),
    }


def _fields(load_map: LoadMap) -> dict[str, str]:
    """The field that gets the value, by column of the file: a date and its time are one field."""
    return {column: BY_NAME[name].part_of or name for name, column in load_map.fields.items()}


def _table(uow: UnitOfWork, statement: TextClause, parameters: Mapping[str, Any]) -> pd.DataFrame:
    result = uow.execute(statement, parameters)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _by_field(
    order: Sequence[str], shapes: pd.DataFrame, changes: "pd.Series[int]", held: "pd.Series[int]"
) -> list[dict[str, Any]]:
    counts = shapes.groupby("field").agg(
        filled=("rows", "sum"),
        distinct=("distinct_values", "sum"),
        shortest=("shortest", "min"),
        longest=("longest", "max"),
    )
    table = counts.reindex(order).assign(changed=changes, held=held).fillna(0).astype(int)
    frequent = (
        shapes.sort_values(["rows", "shape"], ascending=[False, True]).groupby("field").head(MAX_SHAPES)
    )
    by_field = {
        name: group[["shape", "rows"]].to_dict("records") for name, group in frequent.groupby("field")
    }
    return [
        {"field": name, **row, "shapes": by_field.get(name, [])}
        for name, row in table.to_dict("index").items()
    ]
