"""Searches for what should be gone: in every table and file, and in cells as cleaning reads them, such as `(202) 555-0143` (B18)."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.people.unread_rows import addresses_of, unread_packets
from pipelines.consent.erasure_proof import OTHERS, Leftover, leftovers
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

CELLS = "data_packet_row.cells"
_BATCH = 5_000  # addresses of a query


def everything_left(engine: Engine, files: Files, packet_id: UUID | None = None) -> list[Leftover]:
    """What is left of erased packets and persons, of one packet or of all; empty if everything is gone."""
    left = {one.place: one.count for one in leftovers(engine, files, packet_id)}
    cells = _left_in_cells(engine, packet_id)
    if cells > left.get(CELLS, 0):  # an address in plain form is found by both
        left[CELLS] = cells
    return [Leftover(place, count) for place, count in left.items()]


def _left_in_cells(engine: Engine, packet_id: UUID | None) -> int:
    chosen = {"packet_ids": None if packet_id is None else [packet_id]}
    among = sql_with("erase/erased_among", OTHERS)
    with UnitOfWork(engine, every_client=True) as uow:
        erased_from = [row.packet_id for row in uow.all(sql("erase/partly_erased"), chosen)]
        return sum(
            uow.scalar(among, {"packet_id": packet.packet_id, "addresses": addresses})
            for packet in unread_packets(uow, packet_ids=erased_from)
            for addresses in _in_batches(addresses_of(uow, packet))
        )


def _in_batches(addresses: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(addresses, _BATCH)):
        yield batch
