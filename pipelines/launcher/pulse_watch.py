"""Whether Airflow's tasks are really run: by the errands of every minute, each of which leaves word when it begins.

A worker that is killed while it waits for work keeps the lock of the queue, and no other gets any: the scheduler reports, tasks stay queued, for ever.
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
OVERDUE = 360  # seconds without an errand; one of them takes a minute at most, and a new scheduler half a minute to begin

log = structlog.get_logger()


class PulseWatch:
    """Remembers when a new errand was seen last, by a clock that stands still while the machine sleeps.

    `newest` says when an errand was begun last, `excused` whether it is nobody's fault that none is: the DAG is paused, Airflow is
    away, the disk is full.
    """

    def __init__(self, newest: Callable[[], datetime | None], excused: Callable[[], bool]) -> None:
        self._newest, self._excused = newest, excused
        self._seen: datetime | None = None
        self._since = time.monotonic()
        self._next_look = 0.0

    @classmethod
    def of(cls, boat: Packetboat) -> "PulseWatch":
        """Over the tables and the Airflow of this Packetboat."""
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
        """Whether no errand has begun for too long; says so once, and then gives the new scheduler as long."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_EVERY
        try:
            newest = self._newest()
        except SQLAlchemyError:
            newest, self._since = self._seen, now  # nobody can say
        if newest != self._seen:
            self._seen, self._since = newest, now
        if now - self._since <= OVERDUE:
            return False
        self._since = now
        return not self._excused()
