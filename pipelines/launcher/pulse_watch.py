"""Whether Airflow really runs tasks: the errands run every minute, and each one leaves a mark when it starts.

A worker that is killed while it waits for work keeps the lock of the queue, so no other worker gets any. The scheduler still reports, but tasks
stay queued forever.
"""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipelines.bootstrap import Packetboat
from pipelines.errors import PacketboatError
from pipelines.store import room
from pipelines.store.sqlfile import sql

PULSE = "pulse"
LOOK_EVERY = 20  # seconds
OVERDUE = 360  # seconds without an errand; one takes at most a minute, and a new scheduler needs half a minute to start

log = structlog.get_logger()


class PulseWatch:
    """Remembers when a new errand was last seen, on a clock that stops while the machine sleeps.

    `newest` returns when the last errand started. `excused` returns whether there is a known reason for the lack of errands: the
    DAG is paused, Airflow is unavailable, or the disk is full.
    """

    def __init__(self, newest: Callable[[], datetime | None], excused: Callable[[], bool]) -> None:
        self._newest, self._excused = newest, excused
        self._seen: datetime | None = None
        self._since = time.monotonic()
        self._next_look = 0.0

    @classmethod
    def of(cls, boat: Packetboat) -> "PulseWatch":
        """A watch over the tables and the Airflow of this Packetboat."""
        airflow = boat.airflow()

        def newest() -> datetime | None:
            with boat.engine("worker").connect() as connection:
                begun_at: datetime | None = connection.execute(sql("errands/newest")).one().begun_at
            return begun_at

        def excused() -> bool:
            try:
                return room.nothing_left(boat.settings.home) or airflow.is_paused(PULSE)
            except PacketboatError:
                return True

        return cls(newest, excused)

    def overdue(self) -> bool:
        """Whether no errand has started for too long. Returns True once, and then gives the new scheduler the same time."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_EVERY
        try:
            newest = self._newest()
        except SQLAlchemyError:
            newest, self._since = self._seen, now  # unknown while the database is unavailable
        if newest != self._seen:
            self._seen, self._since = newest, now
        if now - self._since <= OVERDUE:
            return False
        self._since = now
        return not self._excused()
