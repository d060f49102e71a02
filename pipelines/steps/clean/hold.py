"""What cleaning holds: rows with a bad value that they need, rows that lack something, and duplicates."""

from collections.abc import Collection, Sequence
from typing import Any

from pipelines.domain.campaign import required_fields
from pipelines.domain.fields import ADDRESSES, BY_NAME, NAMES, title_of
from pipelines.domain.mapping import LoadMap
from pipelines.language import Sentence
from pipelines.steps.clean.columns import FileField, holes_of_held_values
from pipelines.steps.clean.needed import needed
from pipelines.steps.journal import StepContext
from pipelines.store.sqlfile import sql, sql_with

_CELL_LACKS = (
    "row_no in (select row_no from data_packet_row where packet_id = :packet_id"
    " and btrim(coalesce(cells[cast(:place as int)], '')) = '')"
)


def hold_bad_values(
    context: StepContext, load_map: LoadMap, fields: Sequence[FileField], bad: Collection[str]
) -> None:
    """Hold the rows with an unusable value that they need. `bad` are the names of the fields with such values."""
    columns = load_map.fields
    others = [one.name for one in fields if one.name in bad and not one.field.is_address]
    needed_names = needed(context.uow, context.packet, load_map, others) if others else set()
    holding = [
        one for one in fields if one.name in bad and (one.field.is_address or one.name in needed_names)
    ]
    if holding:
        required = required_fields(context.packet.campaign)
        context.uow.execute(
            sql_with("steps/clean/held_values", holes_of_held_values(fields, holding, required)),
            _owner(context) | {f"{one.name}_column": one.column for one in holding},
        )
    context.uow.execute(
        sql("steps/clean/held_moments"),
        _owner(context)
        | {
            "date_column": columns.get("contact_at") or columns.get("contact_date"),
            "time_column": columns.get("contact_time"),
        },
    )


def hold_incomplete(context: StepContext, load_map: LoadMap) -> None:
    """Hold the rows without any address, and those that lack a field that the campaign requires."""
    no_address = " and ".join(field.lacks for field in ADDRESSES)
    addresses = [title_of(field.name) for field in ADDRESSES]
    _hold_lacking(context, no_address, Sentence("no_address", {"addresses": addresses}), None)
    places = load_map.extra_positions(context.packet.header or [])
    for name in required_fields(context.packet.campaign):
        column = load_map.fields.get(name) or load_map.extras.get(name)
        field = BY_NAME.get(name)
        reason = Sentence("required_empty", {"field": title_of(name) if field else column or name})
        lacks = field.lacks if field else _CELL_LACKS
        _hold_lacking(context, lacks, reason, column, places.get(name))


def hold_duplicates(context: StepContext, load_map: LoadMap) -> None:
    """Hold the rows that would send the same message to the same person again."""
    columns = {f"{field.name}_column": load_map.fields.get(field.name) for field in ADDRESSES}
    whens = (f"when {field.name} is not null then cast(:{field.name}_column as text)" for field in ADDRESSES)
    holes = {
        "addresses": ", ".join(field.name for field in ADDRESSES),
        "column": f"case {' '.join(whens)} end",
        "names": ", ".join(field.name for field in NAMES),
    }
    context.uow.execute(sql_with("steps/clean/duplicates", holes), _owner(context) | columns)


def _hold_lacking(
    context: StepContext, lacks: str, reason: Sentence, column: str | None, place: int | None = None
) -> None:
    parameters = _owner(context) | {
        "column_name": column,
        "code": reason.code,
        "params": reason.json_params,
    }
    if lacks == _CELL_LACKS:
        parameters["place"] = place
    context.uow.execute(sql_with("steps/clean/incomplete", {"lacks": lacks}), parameters)


def _owner(context: StepContext) -> dict[str, Any]:
    return {"packet_id": context.packet.id, "client_id": context.packet.client_id}
