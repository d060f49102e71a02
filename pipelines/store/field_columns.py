"""The database columns of the fields, and the view over them: created from the fields after the migrations have run."""

import structlog
from sqlalchemy import Connection, TextClause, text

from pipelines.domain.fields import ADDRESSES, COLUMNS
from pipelines.store.sqlfile import sql_with
from pipelines.tables.packets import CleanRow

log = structlog.get_logger()

_EXISTING = text(
    "select attname from pg_attribute where attrelid = cast('clean_row' as regclass) and attnum > 0 and not attisdropped"
)
_VIEW = text("select pg_get_viewdef(to_regclass(:name))")


def add_missing(connection: Connection) -> None:
    """Add a column to `clean_row` for each field that has none, and recreate `row_to_check` if its fields differ.

    Nothing is altered when all is up to date, so no lock is waited for. Works in the caller's transaction, as the owner of the
    tables: their default privileges apply to the view.
    """
    existing = set(connection.execute(_EXISTING).scalars())
    for field in COLUMNS:
        if field.name not in existing:
            kind = CleanRow.__table__.c[field.name].type.compile(connection.dialect)
            connection.execute(text(f"alter table clean_row add column {field.name} {kind}"))
            log.info("field_column_added", field=field.name)
    if view_differs(connection):
        connection.execute(text("drop view if exists row_to_check"))
        connection.execute(_view("row_to_check"))


def view_differs(connection: Connection) -> bool:
    """Whether `row_to_check` differs from the view that the fields define; a temporary second view is created to compare them."""
    with connection.begin_nested() as savepoint:
        connection.execute(_view("row_to_check_new"))
        expected, existing = (
            connection.scalar(_VIEW, {"name": name}) for name in ("row_to_check_new", "row_to_check")
        )
        savepoint.rollback()
    return bool(expected != existing)


def _view(name: str) -> TextClause:
    return sql_with(
        "views/row_to_check",
        {
            "name": name,
            "fields": ", ".join(field.name for field in COLUMNS),
            "reachable": " or ".join(f"{field.name} is not null" for field in ADDRESSES),
        },
    )
