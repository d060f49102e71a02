"""The SQL fragments for each field of a file that fill the holes of the statements in `sql/steps/clean/`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import FastPath, Rule, Setting
from pipelines.domain.field import Field
from pipelines.domain.fields import BY_NAME
from pipelines.domain.mapping import LoadMap

_MOMENT = {"moment": "contact_at", "date": "contact_date", "time": "contact_time"}
_NO_CELL = "cast(null as text)"


@dataclass(frozen=True)
class FileField:
    """A field of a file and the rule that cleans its values. `column` is its name in the file's header, None where it has no column."""

    field: Field
    rule: Rule
    column: str | None
    cell: str
    fast: FastPath | None

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def picked(self) -> str:
        """The cell and its value by the fast path, for `{cells}` of pick."""
        return f"nullif({self.cell}, '') as {self.name}_cell, {self.fast.sql if self.fast else _NO_CELL} as {self.name}"

    @property
    def tried(self) -> str:
        """The value, the cell if the fast path left it open, and whether the value differs, for `{values}` of pick."""
        name = self.name
        changed = f", {name} <> {name}_cell as {name}_changed" if self.may_change else ""
        return f"{name}, case when {name} is null then {name}_cell end as {name}_open{changed}"

    @property
    def may_change(self) -> bool:
        """Whether the fast path may return something other than the cell itself."""
        return self.fast is not None and not self.fast.keeps

    @property
    def from_python(self) -> str:
        """Joins the value that Python found, where the fast path left the cell open."""
        name = self.name
        return f"left join clean_value as {name}_value on {name}_value.field = '{name}' and {name}_value.raw = {name}_open"

    @property
    def value(self) -> str:
        """The value for its column of `clean_row`."""
        fallback = f", :{self.field.fallback}" if self.field.fallback else ""
        value = f"coalesce({self.name}, {self.name}_value.value{fallback})"
        return value if self.field.column == "text" else f"cast({value} as {self.field.column})"

    @property
    def change(self) -> str:
        """The note of what cleaning changed."""
        by_python = f"{self.name}_value.change"
        by_sql = f"case when {self.name}_changed then '{self.name}:{self.rule.code}' end"
        return f"coalesce({by_python}, {by_sql})" if self.may_change else by_python


def file_fields(load_map: LoadMap, header: Sequence[str], setting: Setting) -> list[FileField]:
    """The fields that the file has, and those that rows take from the packet's setting."""
    places = load_map.positions(header)
    fields = []
    for name, rule in value_rules().items():
        if name in places or BY_NAME[name].fallback:
            cell = f"cells[{places[name]}]" if name in places else _NO_CELL
            fast = rule.fast(cell, setting) if rule.fast and name in places else None
            fields.append(FileField(BY_NAME[name], rule, load_map.fields.get(name), cell, fast))
    return fields


def holes_of_pick(fields: Iterable[FileField], places: Mapping[str, int]) -> dict[str, str]:
    """What fills `sql/steps/clean/pick.sql`; `places` are the numbers of the file's columns by field."""
    cells = {hole: f"cells[{places[name]}]" if name in places else _NO_CELL for hole, name in _MOMENT.items()}
    return cells | {
        "cells": _list(one.picked for one in fields),
        "values": _list(one.tried for one in fields),
    }


def parameters_of_pick(fields: Iterable[FileField]) -> dict[str, str]:
    """The parameters of the fast paths."""
    return {name: value for one in fields if one.fast for name, value in one.fast.parameters.items()}


def holes_of_rows(fields: Sequence[FileField]) -> dict[str, str]:
    """What fills `sql/steps/clean/rows.sql`."""
    has_phone = any(one.name == "phone" for one in fields)
    can_text = "case when phone is not null then true else phone_value.can_text end"
    country = "case when phone is not null then :region else phone_value.country end"
    return {
        "columns": ", ".join(one.name for one in fields),
        "values": _list(one.value for one in fields),
        "can_text": can_text if has_phone else "cast(null as boolean)",
        "phone_country": country if has_phone else "cast(null as text)",
        "changes": _list(one.change for one in fields),
        "from_python": "\n".join(one.from_python for one in fields),
    }


def fallbacks(fields: Iterable[FileField], setting: Setting) -> dict[str, Any]:
    """The parameters of the rows from the packet's setting: what stands in for empty cells, and the region of phones."""
    given = {"region" if one.name == "phone" else one.field.fallback for one in fields}
    return {name: getattr(setting, name) for name in given if name}


def holes_of_held_values(
    fields: Sequence[FileField], bad: Sequence[FileField], required: Iterable[str]
) -> dict[str, str]:
    """What fills `sql/steps/clean/held_values.sql`. `bad` are those of the file's `fields` that may hold a row.

    A bad address holds the row if it has no other address, or if that address is `required`; every other bad field holds it.
    """
    addresses = [one for one in fields if one.field.is_address]
    joined = {one.name: one for one in (*addresses, *bad)}
    optional = {one.name for one in addresses} - set(required)
    return {
        "values": _list(
            f"{one.name}_open, {one.name}_value.code as {one.name}_code, {one.name}_value.params as {one.name}_params"
            for one in bad
        ),
        "addresses": ", ".join(f"{one.name}, {one.name}_value.value" for one in addresses) or "null",
        "from_python": "\n".join(one.from_python for one in joined.values()),
        "bad": " or ".join(f"{one.name}_value.code is not null" for one in bad),
        "reasons": _list(
            f"(cast(:{one.name}_column as text), {one.name}_code, {one.name}_params, {one.name}_open,"
            f" {'not reachable' if one.name in optional else 'true'})"
            for one in bad
        ),
    }


def _list(items: Iterable[str]) -> str:
    return ",\n    ".join(items)
