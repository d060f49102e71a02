"""Sets which column of a feed's files is which field, where the proposal would choose otherwise (R7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.domain.column_names import words
from pipelines.domain.fields import BY_NAME
from pipelines.domain.mapping import LoadMap, propose
from pipelines.errors import PacketboatError
from pipelines.feeds import FIRST_FEED, load_maps
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


class MapInvalid(PacketboatError):
    """A name is not a field or not a column, or a column is named twice."""


def map_feed(
    engine: Engine,
    client_id: UUID,
    campaign_id: UUID,
    header: Sequence[str],
    chosen: Mapping[str, str],
) -> LoadMap:
    """Save a load map for uploaded files with this header and return it; packets that come in from now on use it.

    `chosen` has columns by field. The feed's earlier mapping stays, with its order of day and month; other columns are proposed as for a new
    header. Raises MapInvalid for an unknown field or column, and for a column that is named twice.
    """
    columns = _columns(header, chosen)
    with UnitOfWork(engine, client_id) as uow:
        ids = {"client_id": client_id, "campaign_id": campaign_id}
        feed_id = uow.scalar(sql("actions/ensure_feed"), ids | {"feed": FIRST_FEED})
        earlier = load_maps.latest(uow, feed_id) or LoadMap({})
        load_map, reasons = propose(header, (), replace(earlier, fields=_with(earlier.fields, columns)))
        reasons |= {column: f"{name}: said by a person" for name, column in columns.items()}
        load_maps.save(uow, client_id, feed_id, header, load_map, reasons)
        uow.commit()
    log.info("feed_mapped", feed_id=str(feed_id), fields=sorted(chosen))
    return load_map


def _with(earlier: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The columns by field: the chosen ones, and the earlier ones that do not use the same columns."""
    taken = set(map(words, chosen.values()))
    return {name: column for name, column in earlier.items() if words(column) not in taken} | dict(chosen)


def _columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The chosen columns as the header writes them."""
    written = {words(column): column for column in header}
    columns: dict[str, str] = {}
    for name, column in chosen.items():
        if name not in BY_NAME:
            raise MapInvalid("no_such_field", field=name, fields=list(BY_NAME))
        if words(column) not in written:
            raise MapInvalid("no_such_column", column=column, header=list(header))
        if written[words(column)] in columns.values():
            raise MapInvalid("column_named_twice", column=column, field=name)
        columns[name] = written[words(column)]
    return columns
