"""The frame of an upgrade of the portal's part of the database, whose tables Flask-AppBuilder makes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from pipelines.settings import PROJECT
from pipelines.store.sqlfile import sql


@contextmanager
def upgrade_portal(owner: Engine) -> Iterator[None]:
    """Keep other upgrades waiting while the block makes the tables; then create the triggers on them."""
    with owner.connect() as lock:
        lock.execute(sql("log_ins/upgrade_alone"))
        yield
        # Directly through the driver, because the file has several statements.
        triggers = (PROJECT / "sql/log_ins/end_with_rights.sql").read_text()
        lock.connection.cursor().execute(triggers)
        lock.commit()
