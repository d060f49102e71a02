"""Processes what a hook has stored at once, so that a page shows a delivery within a second. It is woken at the start of the portal, too:
its predecessor may have died between storing and processing. `pulse` processes whatever was missed nevertheless.
"""

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

log = structlog.get_logger(__name__)

TOGETHER = 0.3  # seconds to collect more events, which are then applied in one statement
PAUSE = 5.0  # seconds to wait when the database does not answer


class Drain:
    """One thread of this process, started at its first event. `process` handles everything that is stored and open."""

    def __init__(self, engine: Engine, name: str, process: Callable[[Engine], object]) -> None:
        self._engine = engine
        self._name = name
        self._process = process
        self._stored = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Signal that something may be open. Returns at once."""
        self._stored.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while self._stored.wait():
            time.sleep(TOGETHER)
            self._stored.clear()
            try:
                self._process(self._engine)
            except Exception as error:
                log.warning("drain_failed", drain=self._name, exc_info=error)
                time.sleep(PAUSE)
                if isinstance(
                    error, OperationalError
                ):  # nothing else might wake it when the database is back
                    self._stored.set()
