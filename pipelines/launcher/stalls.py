"""Processes that live and do nothing, such as a scheduler that waits at its end for workers that wait for it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipelines.launcher.services import Service

LOOK_EVERY = 10  # seconds: a look is an HTTP request
SILENCE = timedelta(seconds=60)  # Airflow reports every 5 seconds, on a very busy machine every 15
SEEN_FOR = 30  # seconds: a machine that wakes up finds everybody silent for hours, and a moment later nobody


class Stalls:
    """Remembers since when each process, by its number, was seen to be silent."""

    def __init__(self) -> None:
        self._silent: dict[int, float] = {}
        self._next_look = 0.0

    def found(self, processes: Iterable[tuple[int, Service | None]]) -> set[int]:
        """Which of these were silent at every look of half a minute; nobody between two looks."""
        now = time.monotonic()
        if now < self._next_look:
            return set()
        self._next_look = now + LOOK_EVERY
        since = datetime.now(UTC) - SILENCE
        silent = {pid for pid, service in processes if service is not None and service.silent(since)}
        self._silent = {pid: self._silent.get(pid, now) for pid in silent}
        return {pid for pid, first in self._silent.items() if now - first > SEEN_FOR}
