"""How long something took, or has taken so far."""

from datetime import UTC, datetime


def elapsed(started_at: datetime, ended_at: datetime | None) -> float:
    """Seconds between the two, or up to now if it has not ended."""
    return max(0.0, ((ended_at or datetime.now(UTC)) - started_at).total_seconds())
