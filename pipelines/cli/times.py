"""Times in tables and lines on a terminal."""

from datetime import UTC, datetime, tzinfo


def when(moment: datetime, zone: tzinfo = UTC) -> str:
    """A moment, which has any time zone, to the minute and with the zone: 2026-11-24 09:00 UTC."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
