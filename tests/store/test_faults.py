"""What counts as a fault of stored data: others go on without it. Whatever passes by itself stops everybody's work instead."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from pipelines.errors import NoRoom, NotFound, SettingsError, TryLater
from pipelines.store.faults import is_of_data


def failure(engine, statement):
    with engine.connect() as connection, pytest.raises(Exception) as caught:
        connection.execute(text(statement))
    return caught.value


@pytest.mark.parametrize(
    ("statement", "of_data"),
    [
        ("select cast('x' as integer)", True),
        ("select 1 / 0", True),
        ("do $$ begin raise exception 'a law of ours'; end $$", True),
        ("do $$ begin raise exception 'x' using errcode = 'serialization_failure'; end $$", False),
        ("do $$ begin raise exception 'x' using errcode = 'deadlock_detected'; end $$", False),
        ("set local statement_timeout = 1; select pg_sleep(60)", False),
        ("select no_such_column", False),
        ("select pg_terminate_backend(pg_backend_pid())", False),
    ],
)
def test_the_class_of_an_error_of_the_database_decides(database, statement, of_data):
    assert is_of_data(failure(database.engine("worker"), statement)) is of_data


@pytest.mark.parametrize(
    ("error", "of_data"),
    [
        (ValueError("a value"), True),
        (KeyError("a name"), True),
        (NotFound("no_such_packet", packet="x"), True),
        (TryLater("person_in_flight"), False),
        (NoRoom(), False),
        (SettingsError("no_such_provider", provider="x", known=[]), False),
        (OperationalError("select", {}, psycopg.OperationalError("the server is away")), False),
        (NoConnection("the pool is empty"), False),
        (ConnectionResetError(), False),
        (OSError(28, "no space left on device"), False),
        (MemoryError(), False),
    ],
)
def test_what_passes_by_itself_is_no_fault_of_data(error, of_data):
    assert is_of_data(error) is of_data
