"""Local times as moments, across clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment_of(local: datetime, zone: str) -> datetime:
    """The moment (UTC) at which the clocks of `zone` show `local`.

    A time that a clock change skips becomes as much later as the clocks went forward; one that occurs twice is the first (RFC 5545, 3.3.5).
    In SQL, `local_moment` gives the same.
    """
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
