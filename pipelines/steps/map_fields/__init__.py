"""Map fields: which column is the phone, the name, the date. Remembered per feed and header; a header never seen gets a proposal (R7, B19)."""

from uuid import UUID

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
    """Pin a load map to the packet. Raises StepFailed when a required column is missing, or a changed header would have to be guessed."""
    packet, uow = context.packet, context.uow
    header = packet.header
    if header is None:
        raise StepFailed("not_loaded", step=step_title("load"))
    known = load_maps.known(uow, packet.client_id, packet.feed_id, header)
    note = None
    if known is None:
        load_map_id, load_map, note = _first_time(context, header)
    else:
        load_map_id, load_map = known
    missing = missing_fields(load_map, packet.campaign.get("fields", {}).get("required", ()), header)
    if missing:
        raise StepFailed(missing)
    load_maps.pin(uow, packet.id, load_map_id)
    usable = uow.scalar(sql("steps/map_fields/usable"), {"packet_id": packet.id})
    return StepResult(usable, usable, 0, note=note)


def _first_time(context: StepContext, header: list[str]) -> tuple[UUID, LoadMap, Sentence | None]:
    """A proposal for a header that the feed never had; what the feed knew of columns that are still there goes on."""
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
