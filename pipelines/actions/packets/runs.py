"""Promises another run of packets: the one way in which they start again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

STARTS_PER_SECOND = 2  # Airflow needs about half a second to create a run


@dataclass(frozen=True, slots=True)
class Start:
    """A packet that is to start again. `prepared`: its run only continues sending.

    `steps_done` prepare steps have succeeded and `ready` messages are left; with `moved` that is progress, or a person's wish, and starts in
    vain are counted from the beginning.
    """

    packet_id: UUID
    client_id: UUID
    revision: int
    prepared: bool = True
    steps_done: int = 0
    ready: int = 0
    moved: bool = True


def promise_runs(uow: UnitOfWork, starts: Sequence[Start]) -> dict[UUID, int]:
    """Make a new run the current one of each of these locked packets, and promise it. Returns the number of each packet's start."""
    if not starts:
        return {}
    counted = uow.all(
        sql("actions/packets/count_starts"),
        {
            "packet_ids": [start.packet_id for start in starts],
            "client_ids": [start.client_id for start in starts],
            "steps_done": [start.steps_done for start in starts],
            "ready": [start.ready for start in starts],
            "moved_ids": [start.packet_id for start in starts if start.moved],
        },
    )
    numbers = {row.packet_id: row.starts for row in counted}
    columns = {
        "packet_ids": [start.packet_id for start in starts],
        "client_ids": [start.client_id for start in starts],
        "run_ids": [
            f"packet-{start.packet_id}-r{start.revision}-again-{numbers[start.packet_id]}" for start in starts
        ],
        "prepared": [start.prepared for start in starts],
    }
    uow.execute(sql("actions/packets/new_runs"), columns)
    uow.execute(sql("actions/packets/promise_starts"), columns | {"per_second": STARTS_PER_SECOND})
    return numbers
