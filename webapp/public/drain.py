"""Applies stored events at once, so that a page shows a delivery within a second; what is missed, the pulse applies."""

import threading
import time

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pipelines.events.apply import apply_events

log = structlog.get_logger(__name__)

TOGETHER = 0.3  # seconds to let more events come in, which are then applied in one statement
PAUSE = 5.0  # seconds after the database did not answer


class Drain:
    """One thread of this process, begun at its first event."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wanted = threading.Event()
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Something was stored. Returns at once."""
        self._wanted.set()
        if self._thread is None:
            with self._begin:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="event drain", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait():
            time.sleep(TOGETHER)
            self._wanted.clear()
            try:
                _apply_alone(self._engine)
            except SQLAlchemyError as error:
                log.warning("drain_failed", exc_info=error)
                time.sleep(PAUSE)


def _apply_alone(engine: Engine) -> None:
    """One portal at a time: the others would find the same events, and wait for the same rows."""
    with engine.connect() as lock, lock.begin():
        lock.execute(text("select pg_advisory_xact_lock(hashtext('packetboat drain'))"))
        apply_events(engine)
