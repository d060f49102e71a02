"""What is wrong with a schedule or a window that its schema cannot express."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.domain.campaign_mistakes import Mistake
from pipelines.domain.schedule import default_hours, hours_of, is_date
from pipelines.language import Sentence


def schedule_mistakes(details: Mapping[str, Any], wrong: Sequence[Mistake]) -> list[Mistake]:
    """The mistakes in `schedule` and `window`. A part in which the schema found something `wrong` is not checked further."""
    bad = {mistake.path[0] for mistake in wrong if mistake.path}
    found: list[Mistake] = []
    if "schedule" in details and "schedule" not in bad:
        found += _in_schedule(details["schedule"])
        if (
            "steps" in details["schedule"]
            and "deadline" not in bad
            and "hours" in details.get("deadline", {})
        ):
            found.append(Mistake(Sentence("deadline_hours_with_steps"), ("deadline", "hours")))
    if "window" in details and not bad & {"window", "type"} and "type" in details:
        found += _in_window(details["window"], details["type"])
    return found


def _in_schedule(schedule: Mapping[str, Any]) -> Iterator[Mistake]:
    if "start" in schedule and "steps" in schedule:
        yield Mistake(Sentence("schedule_start_and_steps"), ("schedule", "start"))
    if "start" in schedule and not is_date(schedule["start"][:10]):
        yield Mistake(Sentence("schedule_start_impossible"), ("schedule", "start"))
    if "not_if_booked_within_hours" in schedule and "steps" not in schedule:
        yield Mistake(Sentence("booked_without_steps"), ("schedule", "not_if_booked_within_hours"))
    names: set[str] = set()
    for place, step in enumerate(schedule.get("steps", ())):
        path, params = ("schedule", "steps", place), {"step": step["name"]}
        if ("before" in step) == ("after" in step):
            yield Mistake(Sentence("step_before_or_after", params), path)
        elif "at" in step and not _is_in_days(step.get("before", step.get("after"))):
            yield Mistake(Sentence("step_at_needs_days", params), (*path, "at"))
        if step["name"] in names:
            yield Mistake(Sentence("step_name_twice", params), (*path, "name"))
        names.add(step["name"])


def _is_in_days(offset: Mapping[str, int]) -> bool:
    return "days" in offset and not offset.get("hours") and not offset.get("minutes")


def _in_window(window: Mapping[str, Any], campaign_type: str) -> Iterator[Mistake]:
    default = default_hours(campaign_type)
    begin, end = hours_of(window.get("hours", default))
    earliest, latest = hours_of(default)
    if begin >= end:
        yield Mistake(Sentence("hours_end_first"), ("window", "hours"))
    elif (begin < earliest or end > latest) and "reason" not in window:
        params = {"type": campaign_type, "hours": default}
        yield Mistake(Sentence("hours_need_reason", params), ("window", "hours"))
    if "subdivision" in window and "country" not in window:
        yield Mistake(Sentence("subdivision_needs_country"), ("window", "subdivision"))
