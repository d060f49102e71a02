"""Migrates our database to the newest version, and compares the tables in the code with those in the database."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from pipelines.settings import PROJECT
from pipelines.store import field_columns
from pipelines.tables import Base

MIGRATIONS = PROJECT / "sql" / "migrations"
_OTHER_VIEW = "The fields of the view row_to_check differ from those in the code."


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The newest migration in the code."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(owner: Engine) -> str | None:
    """The current migration of the database; None for an empty database."""
    with owner.connect() as connection:
        return MigrationContext.configure(
            connection, opts={"version_table_schema": "packetboat"}
        ).get_current_revision()


def upgrade(owner: Engine) -> str:
    """Run the missing migrations and add the columns of new fields, as the owner of the tables. Safe to run concurrently.

    Returns the newest migration.
    """
    with owner.connect() as connection:
        command.upgrade(_config(connection), "head")
    return newest()


def differences(owner: Engine) -> list[str]:
    """The differences between the tables and fields in the code and those in the database; empty when they agree."""

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
        is_partition = kind == "table" and name is not None and name.startswith("message_2")
        return not is_partition and name != "alembic_version"

    with owner.connect() as connection:
        connection.execute(text("set search_path = packetboat"))
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        tables = [str(difference) for difference in compare_metadata(context, Base.metadata)]
        views = [] if tables or not field_columns.view_differs(connection) else [_OTHER_VIEW]
        return tables + views


def files() -> list[Path]:
    """The migrations, oldest first."""
    return sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
