"""The schedule and the hours of a campaign in sentences, as people read them before they launch it."""

from collections.abc import Iterator
from datetime import timedelta

from pipelines.domain.campaign import Campaign
from pipelines.domain.schedule import DAY, Schedule, Step, Window
from pipelines.language import Sentence

_HOUR = 60
_WEEKDAYS = (
    Sentence("weekday_mon"),
    Sentence("weekday_tue"),
    Sentence("weekday_wed"),
    Sentence("weekday_thu"),
    Sentence("weekday_fri"),
    Sentence("weekday_sat"),
    Sentence("weekday_sun"),
)


def in_words(campaign: Campaign) -> list[Sentence]:
    """When the messages of a campaign go out, and when they do not."""
    return [*_schedule(campaign.schedule), *_window(campaign.window)]


def _schedule(schedule: Schedule) -> Iterator[Sentence]:
    if schedule.steps[0].is_relative:
        yield from map(_step, schedule.steps)
    else:
        late = _duration(schedule.steps[0].tolerance // timedelta(minutes=1))
        if schedule.start is None:
            yield Sentence("schedule_at_once", {"late": late})
        else:
            yield Sentence("schedule_start", {"at": f"{schedule.start:%Y-%m-%d %H:%M}", "late": late})
    if schedule.not_if_booked_within is not None:
        yield Sentence("schedule_not_if_booked", {"n": schedule.not_if_booked_within // timedelta(hours=1)})
    if schedule.one_per_person_and_day:
        yield Sentence("schedule_one_per_day")


def _step(step: Step) -> Sentence:
    params = {
        "step": step.name,
        "offset": _duration(abs(step.days) * DAY + abs(step.minutes)),
        "clock": f"{step.at:%H:%M}" if step.at else "",
        "late": _duration(step.tolerance // timedelta(minutes=1)),
    }
    if step.at is None:
        return Sentence("step_before" if step.is_before else "step_after", params)
    if not step.days:
        return Sentence("step_same_day", params)
    return Sentence("step_before_at" if step.is_before else "step_after_at", params)


def _duration(minutes: int) -> list[Sentence]:
    parts = [
        Sentence("so_many_days", {"n": minutes // DAY}),
        Sentence("so_many_hours", {"n": minutes % DAY // _HOUR}),
        Sentence("so_many_minutes", {"n": minutes % _HOUR}),
    ]
    return [part for part in parts if part.params["n"]] or parts[-1:]


def _window(window: Window) -> Iterator[Sentence]:
    if window.is_all_day:
        yield Sentence("window_any_hour")
    else:
        yield Sentence("window_hours", {"begin": _clock(window.begin), "end": _clock(window.end)})
    if window.reason is not None:
        yield Sentence("window_reason", {"reason": window.reason})
    if len(window.weekdays) < len(_WEEKDAYS):
        days = [_WEEKDAYS[day] for day in sorted(window.weekdays)]
        yield Sentence("window_weekdays", {"days": days})
    if window.skips_holidays:
        yield Sentence("window_holidays")


def _clock(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"
