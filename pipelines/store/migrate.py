"""Migrates our database to the newest version, and compares the tables in the code with those in the database."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from pipelines.settings import PROJECT
from pipelines.store import views
from pipelines.tables import Base

MIGRATIONS = PROJECT / "sql" / "migrations"
_OTHER_VIEW = "The view {} differs from the one in the code."


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
    """Run the missing migrations, add the columns of new fields and recreate the views that differ, as the owner of the tables.

    Returns the newest migration.
    """
    with owner.connect() as connection:
        command.upgrade(_config(connection), "head")
    return newest()


def differences(owner: Engine) -> list[str]:
    """The differences between the tables and views in the code and those in the database; empty when they agree."""

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
        is_partition = kind == "table" and name is not None and name.startswith("message_2")
        return not is_partition and name != "alembic_version"

    with owner.connect() as connection:
        connection.execute(text("set search_path = packetboat"))
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        tables = [str(difference) for difference in compare_metadata(context, Base.metadata)]
        # Without a table or column, a view cannot be compared.
        return tables or [_OTHER_VIEW.format(view) for view in views.differing(connection)]


def files() -> list[Path]:
    """The migrations, oldest first."""
    return sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
