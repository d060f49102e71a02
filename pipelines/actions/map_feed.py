"""Tells a feed which column of its files is which field, where the proposal would choose otherwise (R7)."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.domain.fields import BY_NAME, words
from pipelines.domain.mapping import LoadMap, fingerprint, propose
from pipelines.errors import PacketboatError
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


class MapInvalid(PacketboatError):
    code = "load_map_invalid"


def map_feed(
    engine: Engine,
    client_id: UUID,
    campaign_id: UUID,
    header: Sequence[str],
    chosen: Mapping[str, str],
    *,
    feed: str = "upload",
) -> LoadMap:
    """Keep a load map for files with this header and return it; packets that come from now on use it.

    `chosen` names columns by field; columns that it leaves out are proposed as for a header never seen. Raises MapInvalid for a
    field or column that is not there, and for a column that is named twice.
    """
    load_map, reasons = propose(header, (), LoadMap(_columns(header, chosen)))
    reasons |= {
        column: f"{name}: said by a person" for name, column in load_map.fields.items() if name in chosen
    }
    with UnitOfWork(engine, client_id) as uow:
        ids = {"client_id": client_id, "campaign_id": campaign_id}
        feed_id = uow.scalar(sql("actions/ensure_feed"), ids | {"feed": feed})
        uow.execute(
            sql("steps/step2_map_fields__save"),
            {
                "client_id": client_id,
                "feed_id": feed_id,
                "fingerprint": fingerprint(header),
                "mapping": json.dumps(load_map.as_json()),
                "reasons": json.dumps(reasons),
            },
        )
        uow.commit()
    log.info("feed_mapped", feed_id=str(feed_id), fields=sorted(chosen))
    return load_map


def _columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The chosen columns as the header writes them."""
    written = {words(column): column for column in header}
    found: dict[str, str] = {}
    for name, column in chosen.items():
        if name not in BY_NAME:
            raise MapInvalid(f"There is no field {name!r}. There are {', '.join(BY_NAME)}.")
        if words(column) not in written:
            raise MapInvalid(f"The file has no column {column!r}. It has {', '.join(header)}.")
        if written[words(column)] in found.values():
            raise MapInvalid(f"The column {column!r} is named for two fields. Name another one for {name}.")
        found[name] = written[words(column)]
    return found
