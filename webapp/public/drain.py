"""Applies stored events at once, so that a page shows a delivery within a second; `pulse` applies any that were missed."""

import threading
import time

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipelines.events.apply import apply_alone

log = structlog.get_logger(__name__)

TOGETHER = 0.3  # seconds to collect more events, which are then applied in one statement
PAUSE = 5.0  # seconds to wait when the database does not answer


class Drain:
    """One thread of this process, started at its first event."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stored = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Signal that an event was stored. Returns at once."""
        self._stored.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="event drain", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while self._stored.wait():
            time.sleep(TOGETHER)
            self._stored.clear()
            try:
                apply_alone(self._engine)
            except SQLAlchemyError as error:
                log.warning("drain_failed", exc_info=error)
                time.sleep(PAUSE)
