"""Cuts connections that outlive their deadline: one thread for the whole process, which sleeps while there are none."""

import threading
import time
from typing import Protocol

TICK = 0.2  # seconds; a cut may be this late
IDLE_TICKS = 50  # ticks without work before the thread waits to be woken, which costs more than a tick


class Cuttable(Protocol):
    def cut(self) -> bool:
        """End it; False when it cannot be ended yet."""


class Watchdog:
    """Keeps a deadline (in seconds of `time.monotonic`) for each call in progress."""

    def __init__(self, idle_ticks: int = IDLE_TICKS) -> None:
        self._idle_ticks = idle_ticks
        self._wake = threading.Condition()
        self._due: dict[Cuttable, float] = {}
        self._thread: threading.Thread | None = None
        self._asleep = False

    def watch(self, thing: Cuttable, deadline: float) -> None:
        """Cut `thing` soon after `deadline` unless it is released first; a new deadline replaces the old one."""
        with self._wake:
            self._due[thing] = deadline
            if self._thread is None or not self._thread.is_alive():  # never started, or lost in a fork
                self._thread = threading.Thread(target=self._run, name="provider-deadlines", daemon=True)
                self._thread.start()
            elif self._asleep:
                self._wake.notify()

    def release(self, thing: Cuttable) -> None:
        """Once this returns, `thing` will not be cut."""
        with self._wake:
            self._due.pop(thing, None)

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(TICK)
            with self._wake:
                idle = 0 if self._due else idle + 1
                if idle > self._idle_ticks:
                    self._asleep = True
                    self._wake.wait_for(lambda: self._due)
                    self._asleep = False
                self._cut_overdue()

    def _cut_overdue(self) -> None:
        now = time.monotonic()
        for thing in [thing for thing, deadline in self._due.items() if deadline <= now]:
            if thing.cut():
                del self._due[thing]


WATCHDOG = Watchdog()
