"""Keeps a settled packet's totals true when a message moves afterwards, and closes the packet when its last one has."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Row

from pipelines.states import OUTCOME_OF, MessageState, Outcome
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

Moved = Row[tuple[UUID, str, str]]  # packet_id, state_before, state_after
MOVABLE = tuple(outcome for outcome in Outcome if outcome is not Outcome.HELD)


def keep_totals(uow: UnitOfWork, moved: Iterable[Moved]) -> None:
    """Add the difference that these moves make, in the transaction that made them."""
    moved = list(moved)
    differences = outcome_differences(moved)
    # Taken after the messages and before the totals, as settle does: it either sees these moves or comes before them.
    packets = {row.packet_id for row in moved if _leaves_the_lane(row)} | differences.keys()
    if not packets:
        return
    uow.execute(sql("events/hold_packets"), {"packet_ids": sorted(packets)})
    for packet_id in sorted(packets):
        if packet_id in differences:
            change = {outcome.value: differences[packet_id][outcome] for outcome in MOVABLE}
            uow.execute(sql("events/adjust_total"), {"packet_id": packet_id} | change)
        uow.execute(sql("events/close_packet"), {"packet_id": packet_id})


def outcome_differences(moved: Iterable[Moved]) -> dict[UUID, Counter[Outcome]]:
    """Per packet, by how much each outcome changes; packets where none does are left out."""
    found: dict[UUID, Counter[Outcome]] = {}
    for row in moved:
        before, after = OUTCOME_OF[MessageState(row.state_before)], OUTCOME_OF[MessageState(row.state_after)]
        if before is not after:
            found.setdefault(row.packet_id, Counter()).update({after: 1})
            found[row.packet_id].subtract({before: 1})
    return found


def _leaves_the_lane(row: Moved) -> bool:
    return row.state_before in {MessageState.READY, MessageState.SENDING}
