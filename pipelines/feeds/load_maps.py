"""The load maps of a feed: looked up by the header's fingerprint, stored as versions, pinned to the packets that use them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update

from pipelines.domain.mapping import LoadMap, fingerprint, propose
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.packets import DataPacket


def known(
    uow: UnitOfWork, client_id: UUID, feed_id: UUID, header: Sequence[str]
) -> tuple[UUID, LoadMap] | None:
    """The feed's newest map for exactly these columns, in any order; None for columns that the feed never had.

    How values are written, such as the order of day and month, belongs to the feed and not to one layout of its files. If files with other
    columns have shown it since, the map is stored again with it, as the feed's next version.
    """
    stored = _read(uow, feed_id, fingerprint(header))
    newest = latest(uow, feed_id)
    if stored is None or newest is None:
        return None
    load_map = stored[1]
    formats = {**load_map.formats, **newest.formats}
    if formats == load_map.formats:
        return stored
    load_map = replace(load_map, formats=formats)
    reasons = {name: f"{written}: as in other files of this feed" for name, written in formats.items()}
    return save(uow, client_id, feed_id, header, load_map, reasons), load_map


def latest(uow: UnitOfWork, feed_id: UUID) -> LoadMap | None:
    """The feed's newest map for any columns."""
    newest = _read(uow, feed_id, None)
    return newest[1] if newest else None


def expected(
    uow: UnitOfWork, feed_id: UUID | None, header: Sequence[str], sample: Sequence[Sequence[str]]
) -> LoadMap:
    """The map with which a file with this header will be read: the feed's own, else a proposal. Nothing is stored."""
    if feed_id is None:
        return propose(header, sample)[0]
    stored = _read(uow, feed_id, fingerprint(header))
    return stored[1] if stored else propose(header, sample, latest(uow, feed_id))[0]


def of_packet(uow: UnitOfWork, load_map_id: UUID) -> LoadMap:
    """The map that is pinned to a packet."""
    return LoadMap.from_json(uow.scalar(sql("feeds/load_map_by_id"), {"load_map_id": load_map_id}))


def save(
    uow: UnitOfWork,
    client_id: UUID,
    feed_id: UUID,
    header: Sequence[str],
    load_map: LoadMap,
    reasons: Mapping[str, str],
) -> UUID:
    """Store a map as the feed's next version. Another packet of the feed waits until this transaction ends."""
    load_map_id: UUID = uow.scalar(
        sql("feeds/load_map_save"),
        {
            "client_id": client_id,
            "feed_id": feed_id,
            "fingerprint": fingerprint(header),
            "mapping": json.dumps(load_map.as_json()),
            "reasons": json.dumps(dict(reasons)),
        },
    )
    return load_map_id


def pin(uow: UnitOfWork, packet_id: UUID, load_map_id: UUID) -> None:
    uow.execute(update(DataPacket).where(DataPacket.id == packet_id).values(load_map_id=load_map_id))


def _read(uow: UnitOfWork, feed_id: UUID, header_fingerprint: str | None) -> tuple[UUID, LoadMap] | None:
    row: Row[Any] | None = uow.execute(
        sql("feeds/load_map_newest"), {"feed_id": feed_id, "fingerprint": header_fingerprint}
    ).one_or_none()
    return (row.id, LoadMap.from_json(row.mapping)) if row else None
