"""A lane that is told to end (SIGTERM: somebody stops Packetboat) records what it has sent and leaves the rest to its next run."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.errors import TryLater


@dataclass
class Ending:
    """A plain flag: a signal's handler must not wait for a lock that the code it interrupted may hold."""

    told: bool = False


@contextmanager
def noticing_the_end() -> Iterator[Ending]:
    """While the block runs, SIGTERM sets the flag instead of doing what it did before. Outside the main thread nothing changes."""
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return

    def tell(_number: int, _frame: object) -> None:
        ending.told = True

    before = signal.signal(signal.SIGTERM, tell)
    try:
        yield ending
    finally:
        signal.signal(signal.SIGTERM, before)


def told_to_end() -> TryLater:
    """The sentence for a lane that leaves work behind on purpose."""
    return TryLater("ended", after_seconds=0.0)
