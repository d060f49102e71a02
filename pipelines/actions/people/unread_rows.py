"""Searches the cells of rows for addresses that stand nowhere else: rows that are held or not cleaned yet, and cells that cleaning left out.

A cell is read as cleaning reads it, with the packet's load map and region. Without a map, and in rows with too many or too few cells, each
cell is read: any of them may be the address.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause

from pipelines.cleaning import email_address, phone
from pipelines.cleaning.rule import Setting
from pipelines.domain.fields import ADDRESSES
from pipelines.domain.mapping import LoadMap
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

_BATCH = 5_000  # rows in memory


def unread_packets(
    uow: UnitOfWork, client_id: UUID | None = None, packet_ids: Sequence[UUID] | None = None
) -> Sequence[Row[Any]]:
    """The packets of a client, or of all, that are not erased; of these ids, if they are given."""
    return uow.all(sql("erase/unread_packets"), {"client_id": client_id, "packet_ids": packet_ids})


def rows_with(uow: UnitOfWork, packet: Row[Any], address: str) -> Iterator[int]:
    """The numbers of the rows of a packet that have this address in such a cell."""
    wanted, is_email = address.casefold(), "@" in address
    setting, places = _reading(packet)
    for row in _rows(uow, packet.packet_id):
        for cell in _cells(row.cells, packet.header, places):
            if wanted in (_emails_in(cell, setting) if is_email else phone.numbers_in(cell, setting)):
                yield row.row_no
                break


def addresses_of(uow: UnitOfWork, packet: Row[Any]) -> Iterator[str]:
    """Every address in such cells of a packet, in comparable form, as often as it occurs."""
    setting, places = _reading(packet)
    for row in _rows(uow, packet.packet_id):
        for cell in _cells(row.cells, packet.header, places):
            yield from _emails_in(cell, setting) | phone.numbers_in(cell, setting)


def _reading(packet: Row[Any]) -> tuple[Setting, list[int] | None]:
    """How the cells of a packet are read, and the numbers of its columns with addresses; None without a load map."""
    setting = Setting(packet.region, packet.language, packet.time_zone)
    if packet.mapping is None:
        return setting, None
    load_map = LoadMap.from_json(packet.mapping)
    columns = load_map.positions(packet.header)
    setting = Setting(load_map.region or packet.region, packet.language, packet.time_zone)
    return setting, [columns[field.name] for field in ADDRESSES if field.name in columns]


def _cells(cells: Sequence[str], header: Sequence[str], places: Sequence[int] | None) -> Sequence[str]:
    if places is None or len(cells) != len(header):
        return cells
    return [cells[place - 1] for place in places]


def _rows(uow: UnitOfWork, packet_id: UUID) -> Iterator[Row[Any]]:
    """Through a server-side cursor: a million held rows take no more memory than a few."""
    options = {"yield_per": _BATCH}
    with uow.connection.execute(_statement(), {"packet_id": packet_id}, execution_options=options) as result:
        yield from result


def _emails_in(cell: str, setting: Setting) -> set[str]:
    return {found.casefold() for found in email_address.addresses_in(cell, setting)}


@cache
def _statement() -> TextClause:
    left_out = " or ".join(
        f"clean_row.{field.name} is null and array_to_string(clean_row.changes, ' ') like '%{field.name}:%'"
        for field in ADDRESSES
    )
    return sql_with("erase/unread_rows", {"left_out": left_out})
