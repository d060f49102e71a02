"""Clean: usable rows go into clean_row, typed; the others are held with the reason.

SQL cleans the common shapes, Python the distinct values that are left (R8).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from pipelines.cleaning.rule import Setting
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language.vocabulary import step_title
from pipelines.steps.clean.columns import (
    FileField,
    fallbacks,
    file_fields,
    holes_of_pick,
    holes_of_rows,
    parameters_of_pick,
)
from pipelines.steps.clean.hold import hold_bad_values, hold_duplicates, hold_incomplete
from pipelines.steps.clean.orders import note, read_orders
from pipelines.steps.clean.values import clean_moments, clean_unusual
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.sqlfile import sql, sql_with

_MIN_ROWS_TO_ANALYZE = 10_000  # from here on the planner needs statistics


def run(context: StepContext) -> StepResult:
    """Fill clean_row from data_packet_row by the packet's load map.

    Raises StepFailed when the dates of the file contradict each other, or the order that the feed has always had.
    """
    packet, uow = context.packet, context.uow
    if packet.load_map_id is None or packet.header is None:
        raise StepFailed("not_mapped", step=step_title("map_fields"))
    load_map = load_maps.of_packet(uow, packet.load_map_id)
    setting = Setting(
        region=load_map.region or packet.region,
        language=load_map.language or packet.language,
        time_zone=load_map.time_zone or packet.time_zone,
        received_at=packet.received_at,
    )
    uow.execute(sql("steps/packet/set_planning"))
    uow.execute(sql("steps/clean/tables"))
    fields = file_fields(load_map, packet.header, setting)
    picked = _pick(context, fields, load_map.positions(packet.header))
    context.progress.expect(picked)
    contact, others = read_orders(context, load_map, fields, setting)
    clean_moments(uow, contact.order, setting.time_zone)
    bad = clean_unusual(uow, fields, setting, others)
    uow.execute(text("analyze clean_value, clean_moment"))
    context.progress.done(picked // 2)
    hold_bad_values(context, load_map, fields, bad)
    filled = _fill(context, fields, setting)
    if filled >= _MIN_ROWS_TO_ANALYZE:
        uow.execute(text("analyze clean_row (packet_id, row_no)"))
    hold_incomplete(context, load_map)
    hold_duplicates(context, load_map)
    counts = uow.one(sql("steps/clean/counts"), {"packet_id": packet.id})
    return StepResult(picked, counts.usable, counts.held, note=note(contact, others))


def _pick(context: StepContext, fields: Sequence[FileField], places: Mapping[str, int]) -> int:
    """Pick the rows to clean. Returns how many there are."""
    statement = sql_with("steps/clean/pick", holes_of_pick(fields, places))
    return context.uow.execute(
        statement, {"packet_id": context.packet.id} | parameters_of_pick(fields)
    ).rowcount


def _fill(context: StepContext, fields: Sequence[FileField], setting: Setting) -> int:
    """Fill clean_row. Returns how many rows have usable values."""
    packet = context.packet
    parameters = {"packet_id": packet.id, "client_id": packet.client_id, "time_zone": setting.time_zone}
    return context.uow.execute(
        sql_with("steps/clean/rows", holes_of_rows(fields)), parameters | fallbacks(fields, setting)
    ).rowcount
