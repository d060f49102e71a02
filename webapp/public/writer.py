"""Stores callbacks that arrive together in one transaction: the commit costs more than the rows."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from pipelines.events.inbox import Callback, store_together
from pipelines.store.received import SignatureReused

MAX_TOGETHER = 200  # callbacks per transaction

Stored = int | SignatureReused
Waiting = tuple[Callback, "asyncio.Future[Stored]"]


class Writer:
    """One thread of this process, started at its first callback. While it commits, the next callbacks gather."""

    def __init__(self, engine: Engine, stored: Callable[[], None]) -> None:
        """`stored` is called when something new is on disk."""
        self._engine = engine
        self._stored = stored
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def store(self, callback: Callback) -> Stored:
        """Returns when the callback is on disk: how many of its events were new, or why it is refused. Raises SQLAlchemyError."""
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, args=[loop], name="callback writer", daemon=True
            )
            self._thread.start()
        waiting: asyncio.Future[Stored] = loop.create_future()
        self._queue.put((callback, waiting))
        return await waiting

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < MAX_TOGETHER and not self._queue.empty():
                batch.append(self._queue.get())
            results = self._write([callback for callback, _ in batch])
            with suppress(RuntimeError):  # the front has ended
                loop.call_soon_threadsafe(_answer, [waiting for _, waiting in batch], results)
            if any(isinstance(result, int) and result for result in results):
                self._stored()

    def _write(self, callbacks: Sequence[Callback]) -> list[Stored | Exception]:
        """Store them together; if that fails, each alone: one that the database refuses must not cost the others."""
        try:
            return [*store_together(self._engine, callbacks)]
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            away = isinstance(error, DBAPIError) and error.connection_invalidated
            if away or len(callbacks) == 1:
                return [error] * len(callbacks)
            return [result for callback in callbacks for result in self._write([callback])]


def _answer(waiting: Sequence["asyncio.Future[Stored]"], results: Sequence[Stored | Exception]) -> None:
    """Pass the results on, in the loop of those who wait. Who has left gets none."""
    for one, result in zip(waiting, results, strict=True):
        if one.done():
            continue
        if isinstance(result, SignatureReused) or not isinstance(result, Exception):
            one.set_result(result)
        else:
            one.set_exception(result)
