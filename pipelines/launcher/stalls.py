"""Processes that are alive but idle, such as a scheduler that waits on exit for workers that wait for it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipelines.launcher.services import Service

LOOK_EVERY = 10  # seconds: a check is an HTTP request
SILENCE = timedelta(seconds=60)  # Airflow reports every 5 seconds, on a very busy machine every 15
SEEN_FOR = 30  # seconds: when a machine wakes up, every process has been silent for hours, and a moment later none is


class Stalls:
    """Remembers, by process number, since when each process has been silent."""

    def __init__(self) -> None:
        self._silent: dict[int, float] = {}
        self._next_look = 0.0

    def stalled(self, processes: Iterable[tuple[int, Service | None]]) -> set[int]:
        """The processes that were silent at every check for half a minute; empty between two checks."""
        now = time.monotonic()
        if now < self._next_look:
            return set()
        self._next_look = now + LOOK_EVERY
        since = datetime.now(UTC) - SILENCE
        silent = {pid for pid, service in processes if service is not None and service.silent(since)}
        self._silent = {pid: self._silent.get(pid, now) for pid in silent}
        return {pid for pid, first in self._silent.items() if now - first > SEEN_FOR}
