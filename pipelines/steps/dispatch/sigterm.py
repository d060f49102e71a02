"""SIGTERM ends a lane early: it records what it has sent and leaves the rest to its next run."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.errors import TryLater


@dataclass
class StopFlag:
    """A plain flag, not a threading.Event: a signal handler must not wait for a lock that the interrupted code may hold."""

    is_set: bool = False


@contextmanager
def stop_on_sigterm() -> Iterator[StopFlag]:
    """While the block runs, SIGTERM only sets the flag. Outside the main thread nothing changes."""
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def handle(_number: int, _frame: object) -> None:
        flag.is_set = True

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGTERM, before)


def stopped_early() -> TryLater:
    """The error of a lane that leaves work behind because it was stopped."""
    return TryLater("ended", after_seconds=0.0)
