"""When a campaign's messages go out: its schedule, and the hours and days on which its messages may leave (R16, R17, D13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

# Ours, stricter for marketing than 47 CFR 64.1200 (08:00 to 21:00 at the place of the person).
MARKETING = frozenset({"announcement", "home_for_sale", "short_sale", "auction"})
MARKETING_HOURS, OTHER_HOURS = "09:00-20:00", "08:00-21:00"
TOLERANCE = timedelta(hours=12)
TOLERANCE_AT_ONCE = timedelta(
    days=7
)  # a packet that waits for credit, or for somebody to look at it, over holidays still goes out
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Step:
    """One message of each row, `days` and `minutes` before (negative) or after the contact time.

    With `at`, it is due at this time of day where the contact takes place. Steps of a campaign that sends at once or at its start have no
    `offset`. It is not sent if it would begin later than `tolerance`; of a campaign without steps, if nothing of its packet has begun by then.
    """

    no: int
    name: str = ""
    is_relative: bool = False
    is_before: bool = False
    days: int = 0
    minutes: int = 0
    at: time | None = None
    tolerance: timedelta = TOLERANCE

    @classmethod
    def from_json(cls, no: int, step: Mapping[str, Any], tolerance: int | None) -> Self:
        """A step of campaign.schema.json."""
        is_before = "before" in step
        offset, sign = step["before" if is_before else "after"], -1 if is_before else 1
        minutes = step.get("tolerance_minutes", tolerance)
        return cls(
            no=no,
            name=step["name"],
            is_relative=True,
            is_before=is_before,
            days=sign * offset.get("days", 0),
            minutes=sign * (offset.get("hours", 0) * 60 + offset.get("minutes", 0)),
            at=time.fromisoformat(step["at"]) if "at" in step else None,
            tolerance=TOLERANCE if minutes is None else timedelta(minutes=minutes),
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of a campaign. `start`, if any, is on the client's clock. See campaign.schema.json for the two conditions."""

    steps: tuple[Step, ...] = (Step(1),)
    start: datetime | None = None
    not_if_booked_within: timedelta | None = None
    one_per_person_and_day: bool = False

    @classmethod
    def from_json(cls, details: Mapping[str, Any]) -> Self:
        """The schedule of a campaign's valid details."""
        schedule = details.get("schedule", {})
        tolerance = schedule.get("tolerance_minutes")
        hours = schedule.get("not_if_booked_within_hours")
        default = TOLERANCE if "start" in schedule else TOLERANCE_AT_ONCE
        only = Step(1, tolerance=default if tolerance is None else timedelta(minutes=tolerance))
        steps = (Step.from_json(no, one, tolerance) for no, one in enumerate(schedule.get("steps", ()), 1))
        return cls(
            steps=tuple(steps) or (only,),
            start=datetime.fromisoformat(schedule["start"]) if "start" in schedule else None,
            not_if_booked_within=None if hours is None else timedelta(hours=hours),
            one_per_person_and_day=schedule.get("one_per_person_and_day", False),
        )


@dataclass(frozen=True, slots=True)
class Window:
    """When messages may leave, on the clock of the person: from `begin` to `end` (minutes of the day) on the `weekdays` (0 is Monday).

    `reason` is why the hours are wider than the default. `country` is None for that of the person.
    """

    begin: int
    end: int
    weekdays: frozenset[int] = frozenset(range(7))
    skips_holidays: bool = False
    country: str | None = None
    subdivision: str | None = None
    reason: str | None = None

    @property
    def is_open_always(self) -> bool:
        return self.is_all_day and len(self.weekdays) == len(WEEKDAYS) and not self.skips_holidays

    @property
    def follows_country(self) -> bool:
        """Whether its holidays are those of each person's country."""
        return self.skips_holidays and self.country is None

    @property
    def is_all_day(self) -> bool:
        return (self.begin, self.end) == (0, DAY)

    @classmethod
    def from_json(cls, details: Mapping[str, Any]) -> Self:
        """The window of a campaign's valid details."""
        window = details.get("window", {})
        begin, end = hours_of(window.get("hours") or default_hours(details["type"]))
        return cls(
            begin,
            end,
            weekdays=frozenset(WEEKDAYS.index(day) for day in window.get("weekdays", WEEKDAYS)),
            skips_holidays=window.get("holidays") == "skip",
            country=window.get("country"),
            subdivision=window.get("subdivision"),
            reason=window.get("reason"),
        )


def default_hours(campaign_type: str) -> str:
    """The hours of a type of campaign that says nothing about them."""
    return MARKETING_HOURS if campaign_type in MARKETING else OTHER_HOURS


def hours_of(hours: str) -> tuple[int, int]:
    """`any` or `08:00-21:00` as two minutes of the day."""
    if hours == "any":
        return 0, DAY
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    return begin, end


def is_date(text: str) -> bool:
    """Whether a date in ISO form exists."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
