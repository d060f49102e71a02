"""Map fields: which column is the phone, the name, the date. Remembered per feed and header; a new header gets a proposal (R7, B19)."""

from uuid import UUID

from pipelines.domain.campaign import required_fields
from pipelines.domain.fields import title_of
from pipelines.domain.mapping import LoadMap, drift, missing_fields, propose
from pipelines.errors import StepFailed
from pipelines.feeds import load_maps
from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.sqlfile import sql

SAMPLE_ROWS = 200


def run(context: StepContext) -> StepResult:
    """Pin a load map to the packet. Raises StepFailed when a required column is missing, or a changed header has lost a mapped column."""
    packet, uow = context.packet, context.uow
    header = packet.header
    if header is None:
        raise StepFailed("not_loaded", step=step_title("load"))
    saved = load_maps.known(uow, packet.client_id, packet.feed_id, header)
    note = None
    if saved is None:
        load_map_id, load_map, note = _propose(context, header)
    else:
        load_map_id, load_map = saved
    missing = missing_fields(load_map, required_fields(packet.campaign), header)
    if missing:
        raise StepFailed(missing)
    load_maps.pin(uow, packet.id, load_map_id)
    usable = uow.scalar(sql("steps/map_fields/usable"), {"packet_id": packet.id})
    return StepResult(usable, usable, 0, note=note)


def _propose(context: StepContext, header: list[str]) -> tuple[UUID, LoadMap, Sentence | None]:
    """Save a proposal for a header that is new to the feed. Columns that the feed has mapped before stay mapped."""
    packet, uow = context.packet, context.uow
    sample = [
        row.cells
        for row in uow.all(sql("steps/map_fields/sample"), {"packet_id": packet.id, "rows": SAMPLE_ROWS})
    ]
    earlier = load_maps.latest(uow, packet.feed_id)
    load_map, reasons = propose(header, sample, earlier)
    note = None
    if earlier is not None:
        difference = drift(earlier, header)
        lost = [title_of(name) for name in earlier.fields if name not in load_map.fields]
        if lost:
            raise StepFailed("header_drift", difference=difference.sentence, lost=lost)
        note = difference.sentence
    return load_maps.save(uow, packet.client_id, packet.feed_id, header, load_map, reasons), load_map, note
