"""What time it is for the business: deadlines, schedules, quiet hours. A test can set it; nobody else can.

SQL asks `packetboat_now()`, which follows the same clock: `pipelines.store` tells each transaction by how much it was set.
Leases, timeouts and the time stamps of the journal stay on the real clock, since processes that live are measured by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC) + _shift


def shift() -> timedelta:
    """By how much the clock was set: nothing, outside a test."""
    return _shift


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """In this process, for this block, it is `moment`, from which time goes on as ever: for tests."""
    global _shift  # noqa: PLW0603 - one clock for all threads of the process
    before, _shift = _shift, moment - datetime.now(UTC)
    try:
        yield
    finally:
        _shift = before
