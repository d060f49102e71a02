"""The business clock, for deadlines, schedules and quiet hours. Only tests set it.

In SQL, `packetboat_now()` follows the same clock: `pipelines.store` passes the shift to each transaction.
Leases, timeouts and journal timestamps use the real clock, because they measure running processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC) + _shift


def shift() -> timedelta:
    """How far the clock is shifted; zero outside tests."""
    return _shift


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Set the clock of this process to `moment` for the block; time then passes normally. For tests."""
    global _shift  # noqa: PLW0603 - one clock for all threads of the process
    before, _shift = _shift, moment - datetime.now(UTC)
    try:
        yield
    finally:
        _shift = before
