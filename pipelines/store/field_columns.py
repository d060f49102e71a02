"""The database columns of the fields: created from the fields after the migrations have run."""

import structlog
from sqlalchemy import Connection, text

from pipelines.domain.fields import COLUMNS
from pipelines.tables.packets import CleanRow

log = structlog.get_logger()

_EXISTING = text(
    "select attname from pg_attribute where attrelid = cast('clean_row' as regclass) and attnum > 0 and not attisdropped"
)


def add_missing(connection: Connection) -> None:
    """Add a column to `clean_row` for each field that has none. Works in the caller's transaction, as the owner of the tables.

    Nothing is altered when all is up to date, so no lock is waited for.
    """
    existing = set(connection.execute(_EXISTING).scalars())
    for field in COLUMNS:
        if field.name not in existing:
            kind = CleanRow.__table__.c[field.name].type.compile(connection.dialect)
            connection.execute(text(f"alter table clean_row add column {field.name} {kind}"))
            log.info("field_column_added", field=field.name)
