"""Stores callbacks that arrive together in one transaction: the commit costs more than the rows."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from pipelines.events.inbox import Callback, store_together
from pipelines.store.received import SignatureReused

MAX_TOGETHER = 200  # callbacks per transaction

Stored = int | SignatureReused
Waiting = tuple[Callback, "Future[Stored]"]


class Writer:
    """One thread of this process, started at its first callback. While it commits, the next callbacks gather."""

    def __init__(self, engine: Engine, stored: Callable[[], None]) -> None:
        """`stored` is called when something new is on disk."""
        self._engine = engine
        self._stored = stored
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    async def store(self, callback: Callback) -> Stored:
        """Returns when the callback is on disk: how many of its events were new, or why it is refused. Raises SQLAlchemyError."""
        self._start()
        waiting: Future[Stored] = Future()
        self._queue.put((callback, waiting))
        return await asyncio.wrap_future(waiting)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="callback writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < MAX_TOGETHER and not self._queue.empty():
                batch.append(self._queue.get())
            self._write([one for one in batch if one[1].set_running_or_notify_cancel()])

    def _write(self, batch: Sequence[Waiting]) -> None:
        if not batch:
            return
        try:
            results = store_together(self._engine, [callback for callback, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            self._failed(batch, error)
            return
        for (_, waiting), result in zip(batch, results, strict=True):
            waiting.set_result(result)
        if any(isinstance(result, int) and result for result in results):
            self._stored()

    def _failed(self, batch: Sequence[Waiting], error: Exception) -> None:
        """One callback that the database refuses must not cost the others. Without a database all of them fail at once."""
        alone = len(batch) == 1 or (isinstance(error, DBAPIError) and error.connection_invalidated)
        for one in batch:
            if alone:
                one[1].set_exception(error)
            else:
                self._write([one])
