"""Clean: usable rows, typed, into clean_row; the others held with the reason. SQL does the common shape, Python the distinct rest (R8)."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from pipelines.cleaning import duplicates
from pipelines.cleaning.dates import Order
from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import Setting
from pipelines.domain.fields import BY_NAME
from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.steps.clean.values import clean_moments, clean_unusual, read_dates
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.sqlfile import sql

FAST_FIELDS = ("external_id", "first_name", "last_name", "full_name", "phone", "email")
_LACKS = {
    **{name: f"clean_row.{name} is null" for name in FAST_FIELDS},
    "contact_date": "clean_row.contact_at is null",
    "contact_at": "clean_row.contact_at is null",
    "contact_time": "(clean_row.local_at is null or length(clean_row.local_at) = length('YYYY-MM-DD'))",
    "language": "false",  # a row that names none is in the packet's
}
_CELL_LACKS = (
    "row_no in (select row_no from data_packet_row where packet_id = :packet_id"
    " and btrim(coalesce(cells[cast(:place as int)], '')) = '')"
)
_NO_ADDRESS = "clean_row.phone is null and clean_row.email is null"
_WORTH_ANALYZING = 10_000  # rows: from here on the planner has to know of a packet


def run(context: StepContext) -> StepResult:
    """Fill clean_row from data_packet_row by the packet's load map.

    Raises StepFailed when the dates of the file contradict each other, or what the feed always had.
    """
    packet, uow = context.packet, context.uow
    if packet.load_map_id is None or packet.header is None:
        raise StepFailed(
            "The packet has no load map: its step map_fields has to run first.", code="not_mapped"
        )
    load_map = load_maps.of_packet(uow, packet.load_map_id)
    setting = Setting(
        region=load_map.region or packet.region,
        language=load_map.language or packet.language,
        time_zone=load_map.time_zone or packet.time_zone,
    )
    uow.execute(sql("steps/packet/set_planning"))
    uow.execute(sql("steps/clean/tables"))
    picked = _pick(context, load_map, setting)
    context.progress.expect(picked)
    clean_unusual(uow, setting)
    note = _clean_dates(context, load_map, setting)
    uow.execute(text("analyze clean_value, clean_moment"))
    context.progress.done(picked // 2)
    filled = _fill(context, load_map, setting)
    if filled >= _WORTH_ANALYZING:
        uow.execute(text("analyze clean_row (packet_id, row_no)"))
    _hold_incomplete(context, load_map)
    _hold_doubles(context, load_map)
    counts = uow.one(sql("steps/clean/counts"), {"packet_id": packet.id})
    return StepResult(picked, counts.usable, counts.held, note=note)


def _pick(context: StepContext, load_map: LoadMap, setting: Setting) -> int:
    """How many rows are to be cleaned."""
    places = load_map.places(context.packet.header or [])
    parameters: dict[str, Any] = {"packet_id": context.packet.id} | {
        name: places.get(name) for name in BY_NAME
    }
    paths: dict[str, str] = {}
    for field in FAST_FIELDS:
        rule = value_rules()[field]
        path = rule.fast(setting) if rule.fast is not None and field in places else None
        paths[field] = path.sql.format(cell=f"cells[cast(:{field} as int)]") if path else "cast(null as text)"
        parameters |= path.parameters if path else {}
    statement = text(sql("steps/clean/pick").text.format(**paths))
    return context.uow.execute(statement, parameters).rowcount


def _clean_dates(context: StepContext, load_map: LoadMap, setting: Setting) -> Sentence | None:
    """A note when the order of days and months had to be assumed. An order that the dates show is remembered for the feed."""
    remembered = load_map.formats.get("contact_date")
    reading = read_dates(context.uow, setting.region, Order(remembered) if remembered else None)
    clean_moments(context.uow, reading.order, setting.time_zone)
    if reading.shown and remembered is None:
        packet, header = context.packet, context.packet.header or []
        known = replace(load_map, formats={**load_map.formats, "contact_date": reading.order.value})
        reasons = {"dates": f"{reading.order.value}: the dates of a packet show it"}
        saved = load_maps.save(context.uow, packet.client_id, packet.feed_id, header, known, reasons)
        load_maps.pin(context.uow, packet.id, saved)
    return reading.note


def _owner(context: StepContext) -> dict[str, Any]:
    return {"packet_id": context.packet.id, "client_id": context.packet.client_id}


def _fill(context: StepContext, load_map: LoadMap, setting: Setting) -> int:
    """How many rows have usable values."""
    columns = load_map.fields
    context.uow.execute(
        sql("steps/clean/held_values"),
        _owner(context)
        | {
            "phone_column": columns.get("phone"),
            "email_column": columns.get("email"),
            "date_column": columns.get("contact_at") or columns.get("contact_date"),
            "time_column": columns.get("contact_time"),
        },
    )
    return context.uow.execute(
        sql("steps/clean/rows"),
        _owner(context) | {"language": setting.language, "time_zone": setting.time_zone},
    ).rowcount


def _hold_incomplete(context: StepContext, load_map: LoadMap) -> None:
    """Hold the rows without any address, and those in which the campaign misses a required field."""
    _hold_lacking(
        context,
        _NO_ADDRESS,
        "no_address",
        None,
        "The row has neither a mobile number nor an e-mail address. Fill in one of them.",
    )
    places = load_map.extra_places(context.packet.header or [])
    for name in context.packet.campaign.get("fields", {}).get("required", ()):
        column = load_map.fields.get(name) or load_map.extras.get(name)
        title = BY_NAME[name].title if name in BY_NAME else column or name
        sentence = f"The {title} is empty, and the campaign needs it. Fill it in."
        _hold_lacking(
            context, _LACKS.get(name, _CELL_LACKS), "required_empty", column, sentence, places.get(name)
        )


def _hold_lacking(
    context: StepContext, lacks: str, rule: str, column: str | None, sentence: str, place: int | None = None
) -> None:
    statement = text(sql("steps/clean/incomplete").text.format(lacks=lacks))
    parameters = _owner(context) | {"column_name": column, "rule": rule, "sentence": sentence}
    if lacks == _CELL_LACKS:
        parameters["place"] = place
    context.uow.execute(statement, parameters)


def _hold_doubles(context: StepContext, load_map: LoadMap) -> None:
    context.uow.execute(
        sql("steps/clean/duplicates"),
        _owner(context)
        | {
            "column_name": load_map.fields.get("phone") or load_map.fields.get("email"),
            "rule": duplicates.RULE.code,
            "sentence": duplicates.SENTENCE,
        },
    )
