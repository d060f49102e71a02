"""The order of day and month in each column with dates: what the column shows, and what its feed remembers (R8)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.cleaning.dates import Evidence, Reading, decide
from pipelines.cleaning.rule import Order, Setting
from pipelines.cleaning.times import split_moment
from pipelines.domain.fields import title_of
from pipelines.domain.mapping import LoadMap
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.steps.clean.columns import FileField
from pipelines.steps.clean.values import MOMENTS, in_batches
from pipelines.steps.journal import StepContext
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

_CONTACT = "contact_date"  # the name under which the order of the contact dates is remembered

# How each field with dates beside the contact's is read; None if its dates contradict each other, or the feed's earlier ones.
Readings = Mapping[str, Reading | None]


def read_orders(
    context: StepContext, load_map: LoadMap, fields: Sequence[FileField], setting: Setting
) -> tuple[Reading, Readings]:
    """Fill clean_date, and decide how the contact dates of the packet are read, and those of its other `fields`.

    An order that dates prove is saved for the feed. Raises StepFailed when the contact dates contradict each other, or the order that
    the feed has always had. Other dates stop no packet.
    """
    uow, region = context.uow, setting.region
    dated = [field for field in fields if field.rule.reads_dates]
    names = {_CONTACT, *(field.name for field in dated)}
    remembered = {name: Order(load_map.formats[name]) for name in names & load_map.formats.keys()}
    contact = _of_contact(uow, region, remembered.get(_CONTACT))
    known = contact.order if contact.shown or _CONTACT in remembered else None
    others = {field.name: _of_field(uow, field, region, remembered.get(field.name), known) for field in dated}
    readings: dict[str, Reading | None] = {_CONTACT: contact, **others}
    shown = {
        name: one.order for name, one in readings.items() if one and one.shown and name not in remembered
    }
    if shown:
        _save(context, load_map, shown)
    return contact, others


def note(contact: Reading, others: Readings) -> Sentence | None:
    """What the client should know: an order that was assumed, or dates that were left out."""
    unclear = (
        Sentence("dates_unclear", {"field": title_of(name)}) for name, one in others.items() if not one
    )
    assumed = (one.note for one in (contact, *others.values()) if one and one.note)
    return next(assumed, None) or next(unclear, None)


def _of_contact(uow: UnitOfWork, region: str, remembered: Order | None) -> Reading:
    uow.execute(sql("steps/clean/moments"))
    evidence = Evidence()
    for moments in in_batches(uow, MOMENTS):
        for date_raw, _, rows in moments:
            evidence.add(split_moment(date_raw)[0], rows)
    return decide(evidence, region, remembered)


def _of_field(
    uow: UnitOfWork, field: FileField, region: str, remembered: Order | None, of_contact: Order | None
) -> Reading | None:
    """`of_contact`, the order that the contact dates are known to have, counts if the column shows none and never did."""
    evidence = Evidence()
    for values in in_batches(uow, sql_with("steps/clean/dates", {"field": field.name})):
        for raw, rows in values:
            evidence.add(split_moment(raw)[0], rows)
    try:
        reading = decide(evidence, region, remembered)
    except StepFailed:
        return None
    if of_contact is not None and not (reading.shown or remembered):
        return Reading(of_contact, shown=False, note=None)
    return replace(reading, note=_about(field, reading.note))


def _about(field: FileField, assumed: Sentence | None) -> Sentence | None:
    """The note names the field: without that, it is about the contact dates."""
    if assumed is None:
        return None
    return Sentence("date_order_of_field_assumed", {"field": title_of(field.name), **assumed.params})


def _save(context: StepContext, load_map: LoadMap, shown: Mapping[str, Order]) -> None:
    packet = context.packet
    written = {name: order.value for name, order in shown.items()}
    with_orders = replace(load_map, formats={**load_map.formats, **written})
    reasons = {
        "dates" if name == _CONTACT else name: f"{order}: the dates of a packet show it"
        for name, order in written.items()
    }
    header = packet.header or []
    saved = load_maps.save(context.uow, packet.client_id, packet.feed_id, header, with_orders, reasons)
    load_maps.pin(context.uow, packet.id, saved)
