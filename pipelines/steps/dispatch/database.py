"""A lane's own connection: it sets its client once, and the lane decides what is committed when."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, TextClause, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

from pipelines.store.unit_of_work import set_clock

# Each statement is planned once per connection. A lane finds everything by an index: without sorting and scans, the one plan of the claim
# walks the claim index. Otherwise, expecting few rows, it would sort all that are left of a packet, or scan whole partitions.
# A lane that freezes within a transaction, or whose machine is gone, must not lock its packet for long: callbacks wait for it.
# Between the statements of one round trip a session does not count as idle, so the whole transaction has a limit of its own.
# A commit waits for the disk, whatever the server's default. Each other value of it does so as well; some also wait for a standby.
SET_UP = """
    set enable_sort = off; set enable_seqscan = off; set enable_bitmapscan = off;
    set plan_cache_mode = force_generic_plan;
    set idle_in_transaction_session_timeout = '10s'; set transaction_timeout = '30s';
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
"""
Statement = tuple[TextClause, Mapping[str, Any]]

BEGIN, COMMIT = text("begin"), text("commit")
# For a transaction after which nothing happens in the world before a later one has waited for the disk: the log of changes has
# one order, so what the later commit saves includes this one.
NO_WAIT: Statement = (text("set local synchronous_commit = off"), {})


def array_of(values: Iterable[object]) -> str:
    """The literal of an array of ids or numbers, to be cast. Ten times as fast as psycopg's, which looks at each value."""
    return f"{{{','.join(map(str, values))}}}"


def quoted_array_of(values: Iterable[object]) -> str:
    """The same for values that may be missing, or text."""
    return f"{{{','.join(map(_quoted, values))}}}"


def _quoted(value: object) -> str:
    if value is None:
        return "NULL"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _for_driver(statement: TextClause) -> str:
    """The statement with its placeholders in psycopg's style."""
    return str(statement.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]


class LaneDatabase:
    """Runs statements on behalf of one client; each is committed when it returns, unless it runs inside a `transaction()`
    or after `together(commit=False)`.

    No transaction stays open during a call, however slow the provider is. After an error the next statement gets a new connection, and
    `examine` is called with each new one. Not thread-safe.
    """

    def __init__(
        self, engine: Engine, client_id: UUID, examine: Callable[[Connection], None] = lambda _new: None
    ) -> None:
        self._engine, self._client_id, self._examine = engine, client_id, examine
        self._connection: Connection | None = None
        self._driver: Any = None  # the psycopg connection inside it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The block's statements are one transaction; an error rolls all of them back."""
        self.run(BEGIN)
        with self.undone_on_error():
            yield
        self.run(COMMIT)

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """An error in the block rolls the open transaction back."""
        try:
            yield
        except BaseException:
            self._close()
            raise

    def together(
        self, statements: Sequence[Statement], *, begin: bool = True, commit: bool = True
    ) -> list[list[Any]]:
        """Run statements as one transaction and return the rows of each.

        They are sent in one round trip: a lane whose threads are busy would otherwise wait for its turn after each of them.
        A transaction in two trips has `commit=False` on the first and `begin=False` on the second, in a block of `undone_on_error`.
        """
        if self._connection is None:
            self._connection = self._connect()
        try:
            with self._driver.pipeline():
                if begin:
                    self._driver.execute("begin")
                cursors = [
                    self._driver.cursor(row_factory=namedtuple_row).execute(
                        _for_driver(statement), parameters
                    )
                    for statement, parameters in statements
                ]
                if commit:
                    self._driver.execute("commit")
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
        except psycopg.Error as error:
            lost = bool(self._driver.closed)
            self._close()
            raise DBAPIError.instance(
                None, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=lost
            ) from None
        except UnicodeError:
            self._close()  # the transaction is open
            raise

    def run(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement for what it changes."""
        self._execute(statement, parameters)

    def all(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run a statement and return its rows."""
        return self._execute(statement, parameters).all()

    def one(self, statement: Executable, parameters: Mapping[str, Any]) -> Row[Any]:
        """Run a statement and return its only row."""
        (row,) = self.all(statement, parameters)
        return row

    def _execute(self, statement: Executable, parameters: Mapping[str, Any] | None) -> CursorResult[Any]:
        if self._connection is None:
            self._connection = self._connect()
        try:
            return self._connection.execute(statement, parameters)
        except DBAPIError:
            self._close()
            raise

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._driver = connection.connection.driver_connection
            connection.detach()  # its settings must not leak to another user through the pool
            connection.execute(text(SET_UP))
            self._driver.prepare_threshold = 0
            connection.execute(
                text("select set_config('packetboat.client_id', :client, false)"),
                {"client": str(self._client_id)},
            )
            set_clock(connection, for_transaction=False)
            self._examine(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
