"""Stores callbacks that arrive together by one statement: the commit costs more than the rows."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import psycopg
import structlog
from sqlalchemy import Engine

from pipelines.events.inbox import STORE, Callback, Group
from pipelines.store.async_statement import AsyncStatement
from pipelines.store.received import SignatureReused

log = structlog.get_logger(__name__)

MAX_TOGETHER = 200  # callbacks per statement
MAX_WAITING = 2_000  # callbacks; the provider repeats the others later
# Seconds for one statement, before it is cancelled (see AsyncStatement). It does not bound how long a callback waits: the hooks do.
TIMEOUT = 5.0

Stored = int | SignatureReused
Waiting = tuple[Callback, "asyncio.Future[Stored]"]


class NotStored(Exception):
    """The database is away, too slow, or refuses this callback, or too many others wait. The provider should repeat it."""


class Writer:
    """One task on the event loop. While it commits, the next callbacks gather."""

    def __init__(self, engine: Engine, stored: Callable[[], None]) -> None:
        """`stored` is called when something new is on disk."""
        self._statement = AsyncStatement(engine, STORE, name="packetboat callbacks", timeout=TIMEOUT)
        self._stored = stored
        self._queue: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    async def store(self, callback: Callback) -> Stored:
        """Returns when the callback is on disk: how many of its events were new, or why it is refused. Raises NotStored."""
        if len(self._queue) >= MAX_WAITING:
            raise NotStored
        waiting: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._queue.append((callback, waiting))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_all(), name="callback writer")
        return await waiting

    async def close(self) -> None:
        """End the writing, leave those who wait without success, and close the connection to the database."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._fail_all()
        await self._statement.close()

    async def _write_all(self) -> None:
        """Write until nobody waits."""
        await asyncio.sleep(0)  # what arrived at the same time is in the queue after this
        while group := self._next():
            try:
                await self._write(group)
            except Exception as error:  # noqa: BLE001 - whoever waits must be answered
                log.warning("callbacks_not_stored", callbacks=len(group), error=type(error).__name__)
                # The database is away. Those behind would find the same, each after the timeout.
                self._fail_all()
            finally:
                _fail(group)  # whoever has no result yet, also when the writing ends

    def _fail_all(self) -> None:
        while group := self._next():
            _fail(group)

    def _next(self) -> list[Waiting]:
        """The next callbacks whose callers still wait."""
        group: list[Waiting] = []
        while self._queue and len(group) < MAX_TOGETHER:
            one = self._queue.popleft()
            if not one[1].done():
                group.append(one)
        return group

    async def _write(self, waiting: Sequence[Waiting]) -> None:
        """Store them together; if one of them cannot be stored, each alone. Raises what the statement raises if the database is away."""
        try:
            group = Group([callback for callback, _ in waiting])
            results = group.results(await self._statement.run(group.parameters))
        except Exception as error:
            if isinstance(error, TimeoutError) or self._is_lost(error):
                raise
            if len(waiting) == 1:
                log.warning("callback_refused_by_database", error=type(error).__name__)
                _fail(waiting)
                return
            for one in waiting:
                await self._write([one])
            return
        for (_, future), result in zip(waiting, results, strict=True):
            if not future.done():
                future.set_result(result)
        if any(isinstance(result, int) and result for result in results):
            # As a call of its own, so that an error in it does not reach those who wait.
            asyncio.get_running_loop().call_soon(self._stored)

    def _is_lost(self, error: Exception) -> bool:
        return isinstance(error, psycopg.Error) and not self._statement.is_connected


def _fail(waiting: Sequence[Waiting]) -> None:
    for _, future in waiting:
        if not future.done():
            future.set_exception(NotStored())
