"""A lane's own connection: it says once whose rows it works on, and each of its statements is a transaction of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, Engine, Executable, Row, text
from sqlalchemy.exc import DBAPIError

# A plan made without knowing the parameters looks through whole partitions: it made a claim of 1,000 take 130 ms instead of 30, where
# planning costs one. And a planner that expects few rows would sort all that are left of a packet instead of walking the claim index.
SET_UP = (
    "set plan_cache_mode = force_custom_plan",
    "set enable_sort = off",
)


class LaneDatabase:
    """Runs single statements on behalf of one client; each is committed when it returns. Not for several threads at once.

    No transaction stays open between two of them, however slow a provider is. After an error the next one gets a new connection.
    """

    def __init__(self, engine: Engine, client_id: UUID) -> None:
        self._engine, self._client_id = engine, client_id
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def all(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run a statement and return its rows."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            return self._connection.execute(statement, parameters).all()
        except DBAPIError:
            self._close()
            raise

    def one(self, statement: Executable, parameters: Mapping[str, Any]) -> Row[Any]:
        """Run a statement and return its only row."""
        (row,) = self.all(statement, parameters)
        return row

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            driver: Any = connection.connection.driver_connection
            driver.prepare_threshold = 0
            connection.detach()  # what is set on it must not come back to somebody else through the pool
            for setting in SET_UP:
                connection.execute(text(setting))
            connection.execute(
                text("select set_config('packetboat.client_id', :client, false)"),
                {"client": str(self._client_id)},
            )
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
