"""One transaction on behalf of one client. Leaving the block without `commit()` rolls it back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import Copy
from psycopg import sql as psql
from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, text

from pipelines import clock

EVERY_CLIENT = text("select set_config('packetboat.scope', 'every_client', true)")
ONE_CLIENT = text("select set_config('packetboat.client_id', :client, true)")
SHIFT = text("select set_config('packetboat.clock_shift', :shift, :for_transaction)")
NO_CLIENT = UUID(int=0)  # stands in for a client: no row belongs to it


def set_visible_client(connection: Connection, client_id: UUID | None) -> None:
    """Make row-level security show only the rows of `client_id`, or with None all rows, until this transaction ends."""
    if client_id is None:
        connection.execute(EVERY_CLIENT)
    else:
        connection.execute(ONE_CLIENT, {"client": str(client_id)})


def set_clock(connection: Connection, *, for_transaction: bool) -> None:
    """Apply the shift of the clock to `packetboat_now()` in this transaction or session. Does nothing outside tests."""
    if shift := clock.shift():
        parameters = {
            "shift": f"{shift // timedelta(microseconds=1)} microseconds",
            "for_transaction": for_transaction,
        }
        connection.execute(SHIFT, parameters)


class UnitOfWork:
    """A transaction in which row-level security shows only the rows of `client_id`, or with `every_client=True` those of all clients.

    After `commit()` the block continues in a new transaction for the same client. Never keep it open during a call to a provider.
    """

    def __init__(self, engine: Engine, client_id: UUID | None = None, *, every_client: bool = False) -> None:
        if (client_id is None) != every_client:
            raise ValueError("pass either client_id or every_client=True")
        self.engine = engine
        self._client_id = client_id
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    @property
    def connection(self) -> Connection:
        """The connection, in the client's transaction: both start on first access."""
        if self._connection is None:
            self._connection = self.engine.connect()
            set_visible_client(self._connection, self._client_id)
            set_clock(self._connection, for_transaction=True)
        return self._connection

    def commit(self) -> None:
        """Commit; the next statement starts a new transaction, on a connection that the pool has checked."""
        if self._connection is not None:
            self._connection.commit()
            self._release()

    def _release(self) -> None:
        """Return the connection to the pool, which rolls back what was not committed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def all(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        return self.execute(statement, parameters).all()

    def one(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row[Any]:
        return self.execute(statement, parameters).one()

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.execute(statement, parameters).scalar()

    @contextmanager
    def copy_into(self, table: str, columns: Sequence[str]) -> Iterator[Copy]:
        """COPY … FROM STDIN into a table without row-level security, such as a temporary one: yields psycopg's Copy."""
        statement = psql.SQL("copy {} ({}) from stdin").format(
            psql.Identifier(table), psql.SQL(", ").join(map(psql.Identifier, columns))
        )
        driver = self.connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy
