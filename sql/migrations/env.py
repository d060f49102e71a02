"""Alembic's entry point: runs each migration in a transaction of its own, then adds the columns of new fields and
recreates the views that differ.

One process at a time. It gives up soon instead of blocking the portal.
"""

from alembic import context
from sqlalchemy import text

from pipelines.store import field_columns, views
from pipelines.tables import Base

LOCK = 0x9AC8E7B0A7  # an arbitrary number that nothing else uses


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Leave out the monthly partitions of `message`, which follow from their parent."""
    return not (kind == "table" and name is not None and name.startswith("message_2"))


connection = context.config.attributes["connection"]
connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
try:
    connection.execute(text("set lock_timeout = '5s'"))
    connection.execute(text("set search_path = packetboat"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        transaction_per_migration=True,
        version_table_schema="packetboat",
    )
    with context.begin_transaction():
        context.run_migrations()
    field_columns.add_missing(connection)
    # The views are written against the newest tables.
    if context.get_context().get_current_revision() == context.script.get_current_head():
        views.refresh(connection)
    connection.commit()
finally:
    connection.rollback()
    connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
    connection.commit()
