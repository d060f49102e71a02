"""Where personal data must not be, and the search for it: the files of a home, Airflow's database, and our own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql as composed
from sqlalchemy import text

from pipelines.launcher.system import System
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# Where packets, messages and sent e-mails are kept, and PostgreSQL's own files, which are searched as tables.
NOT_SEARCHED = ("files", "postgres", "sandbox")


def spelled(words: Iterable[str]) -> list[str]:
    """The words as they are, and as a database shows them within bytes."""
    return [spelling for word in words for spelling in (word, word.encode().hex())]


def files_with(home: Path, words: Iterable[str]) -> set[str]:
    """The files below `home` that contain one of the words: logs of tasks and processes, and whatever else is there."""
    wanted = [word.encode() for word in spelled(words)]
    found = set()
    for path in home.rglob("*"):
        place = path.relative_to(home)
        if place.parts[0] not in NOT_SEARCHED and path.is_file():
            content = path.read_bytes()
            found |= {str(place) for word in wanted if word in content}
    return found


@contextmanager
def airflow_database(system: System) -> Iterator[psycopg.Connection]:
    """A connection to Airflow's database as the server's superuser; what is not committed is undone."""
    address = system.server.set(drivername="postgresql", database="airflow")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        yield connection
        connection.rollback()


def airflow_tables_with(connection: psycopg.Connection, words: Iterable[str]) -> set[str]:
    """The tables of Airflow, as the connection sees them, that contain one of the words: XComs, run confs, rendered fields, audit log, …"""
    tables = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    ).fetchall()
    assert {"dag_run", "log", "rendered_task_instance_fields", "xcom"} <= {table for (table,) in tables}
    patterns = [f"%{word}%" for word in spelled(words)]
    query = "select exists (select from {} as t where cast(row_to_json(t) as text) like any(%s))"
    return {
        table
        for (table,) in tables
        if connection.execute(composed.SQL(query).format(composed.Identifier(table)), [patterns]).fetchone()[
            0
        ]
    }


def columns_with(uow: UnitOfWork, words: Iterable[str]) -> set[str]:
    """Our own columns, as table.column, that contain one of the words."""
    patterns = {"patterns": [f"%{word}%" for word in spelled(words)]}
    query = "select exists (select from {table} where cast({column} as text) like any(:patterns))"
    return {
        f"{row.table_name}.{row.column_name}"
        for row in uow.all(sql("erase/columns"))
        if row.has_text
        and uow.scalar(text(query.format(table=row.table_name, column=row.column_name)), patterns)
    }
