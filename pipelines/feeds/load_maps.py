"""The load maps of a feed: looked up by the header's fingerprint, stored as versions, pinned to the packets that use them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update

from pipelines.domain.mapping import LoadMap, fingerprint, propose
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.packets import DataPacket


def find(uow: UnitOfWork, feed_id: UUID, header: Sequence[str]) -> tuple[UUID, LoadMap] | None:
    """The feed's newest map for exactly these columns, in any order."""
    return _read(uow, feed_id, fingerprint(header))


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
    stored = find(uow, feed_id, header)
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
