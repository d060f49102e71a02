"""One transaction on behalf of one client. Leaving the block without `commit()` undoes everything."""

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
NOBODY = UUID(int=0)  # in the place of a client: no row belongs to it


def let_see(connection: Connection, client_id: UUID | None) -> None:
    """Let row-level security show the rows of `client_id` alone, or with None of every client, until this transaction ends."""
    if client_id is None:
        connection.execute(EVERY_CLIENT)
    else:
        connection.execute(ONE_CLIENT, {"client": str(client_id)})


def set_clock(connection: Connection, *, for_transaction: bool) -> None:
    """Tell the transaction, or the session, what `packetboat_now()` is. Nothing to tell but in a test that has set the clock."""
    if shift := clock.shift():
        told = {
            "shift": f"{shift // timedelta(microseconds=1)} microseconds",
            "for_transaction": for_transaction,
        }
        connection.execute(SHIFT, told)


class UnitOfWork:
    """A transaction in which row-level security lets through `client_id` alone, or with `every_client=True` all clients.

    After `commit()` the block goes on in a new transaction of the same client. Never keep it open during a call to a provider.
    """

    def __init__(self, engine: Engine, client_id: UUID | None = None, *, every_client: bool = False) -> None:
        if (client_id is None) != every_client:
            raise ValueError("name one client, or say every_client=True")
        self.engine = engine
        self._client_id = client_id
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    @property
    def connection(self) -> Connection:
        """The connection, in a transaction of the client: both begin at the first look."""
        if self._connection is None:
            self._connection = self.engine.connect()
            let_see(self._connection, self._client_id)
            set_clock(self._connection, for_transaction=True)
        return self._connection

    def commit(self) -> None:
        """Keep what was done so far; what follows is the next transaction, on a connection that was tried first."""
        if self._connection is not None:
            self._connection.commit()
            self._let_go()

    def _let_go(self) -> None:
        """Give the connection back, which undoes what was not committed."""
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
