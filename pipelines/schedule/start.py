"""The start of a campaign, on the clock of its client; none that is past is accepted (R16)."""

from datetime import datetime, timedelta

from pipelines.clock import now
from pipelines.domain.schedule import Schedule
from pipelines.language import Sentence
from pipelines.language.zoned import zoned
from pipelines.schedule.moments import moment_of


def start_of(schedule: Schedule, zone: str) -> datetime | None:
    """When a campaign starts, in UTC; None for one that names no start. `zone` is the client's."""
    return None if schedule.start is None else moment_of(schedule.start, zone)


def past_start(schedule: Schedule, zone: str) -> Sentence | None:
    """Why a campaign cannot be saved: its start is past."""
    return _past(schedule, zone, timedelta())


def missed_start(schedule: Schedule, zone: str) -> Sentence | None:
    """Why a packet cannot be taken in: its campaign's start is past by more than its tolerance."""
    return _past(schedule, zone, schedule.steps[0].tolerance)


def _past(schedule: Schedule, zone: str, tolerance: timedelta) -> Sentence | None:
    start = start_of(schedule, zone)
    if start is None or start + tolerance > now():
        return None
    return Sentence("start_is_past", {"at": zoned(start, zone)})
