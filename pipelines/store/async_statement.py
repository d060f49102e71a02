"""One statement on a connection of its own, for programs that must not wait in a thread: each call commits."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, OperationalError
from sqlalchemy import Engine, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

CONNECT_TIMEOUT = 5  # seconds


class AsyncStatement:
    """A statement without row-level security, run as the role of `engine`. Its connection opens at the first call and stays open."""

    def __init__(self, engine: Engine, statement: TextClause, *, name: str, timeout: float) -> None:
        """`name` is shown for the connection in the database.

        `timeout` is in seconds, for one call without the connecting. The statement is then cancelled in the database, which may take 10 more
        when that does not answer: psycopg waits 5 to ask for it and 5 for the end of the statement.
        """
        _, self._address = engine.dialect.create_connect_args(engine.url)
        self._statement = str(statement.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]
        self._name = name
        self._timeout = timeout
        self._connection: AsyncConnection[Any] | None = None

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def run(self, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run and commit it; it may run twice, if its connection was lost.

        Raises psycopg.Error, or TimeoutError if the answer is late. After either the statement may have been committed all the same.
        """
        kept = self.is_connected
        try:
            return await self._run(parameters)
        except OperationalError:
            if not kept or self.is_connected:
                raise
        return await self._run(parameters)  # the database was restarted since the last call

    async def _run(self, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        connection = self._connection or await self._connect()
        try:
            async with asyncio.timeout(self._timeout):
                cursor = await connection.execute(self._statement, parameters, prepare=True)
                return await cursor.fetchall()
        except TimeoutError:
            await self.close()
            raise
        finally:
            if connection.closed:
                self._connection = None

    async def close(self) -> None:
        """Close the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def _connect(self) -> AsyncConnection[Any]:
        # The database URL may set these as well, for everybody.
        own = {
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT,
            "tcp_user_timeout": CONNECT_TIMEOUT * 1000,
            "application_name": self._name,
        }
        self._connection = await AsyncConnection.connect(**{**self._address, **own})
        return self._connection
