"""The views in `sql/views/`: after the migrations have run, each that differs from its file is recreated."""

from sqlalchemy import Connection, TextClause, text

from pipelines.domain.fields import ADDRESSES, COLUMNS
from pipelines.store.sqlfile import sql_with

VIEWS = ("newest_campaign_version", "packet_need", "paused_packet", "row_to_check")
# The query and the options: without `security_invoker`, a view would show every client's rows.
_DEFINITION = text(
    "select pg_get_viewdef(oid) as query, reloptions from pg_class where oid = to_regclass(:name)"
)


def refresh(connection: Connection) -> None:
    """Recreate the views that differ. Works in the caller's transaction, as the owner of the tables: their default privileges apply.

    Nothing is altered when all is up to date, so no lock is waited for.
    """
    for view in differing(connection):
        connection.execute(text(f"drop view if exists {view}"))
        connection.execute(_view(view, view))


def differing(connection: Connection) -> list[str]:
    """The views that differ from their files; a temporary second view is created to compare each."""
    return [view for view in VIEWS if _differs(connection, view)]


def _differs(connection: Connection, view: str) -> bool:
    with connection.begin_nested() as savepoint:
        connection.execute(_view(view, f"{view}_new"))
        expected, existing = (
            connection.execute(_DEFINITION, {"name": name}).one_or_none() for name in (f"{view}_new", view)
        )
        savepoint.rollback()
    return bool(expected != existing)


def _view(view: str, name: str) -> TextClause:
    holes = {"name": name}
    if view == "row_to_check":
        holes |= {
            "fields": ", ".join(field.name for field in COLUMNS),
            "reachable": " or ".join(f"{field.name} is not null" for field in ADDRESSES),
        }
    return sql_with(f"views/{view}", holes)
