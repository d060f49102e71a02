"""When each message may go out, as SQL for the holes of sql/steps/assemble/messages.sql (R16, R17, D13, D14)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from pipelines.domain.campaign import Campaign
from pipelines.domain.fields import NAMES
from pipelines.domain.lifetime import AFTERWARDS, REMINDERS
from pipelines.domain.schedule import Schedule, Step, Window
from pipelines.schedule.places import LONG, SHORT
from pipelines.steps.assemble.plan import Plan

_NOW = "(select packetboat_now())"  # a sub-select is computed once, the function itself for each row
# The end of the contact. One with a date and no time of day lasts until midnight there.
_CONTACT_END = (
    "case when length(local_at) > length('2026-11-24') then contact_at"
    " else timezone(time_zone, cast(substr(local_at, 1, 10) as timestamp) + interval '1 day') end"
)
_BEFORE_CONTACT = "make_interval(mins => coalesce(cast(:minutes_before_contact as integer), 0))"


def place(window: Window, phone: str, zone: str) -> str:
    """Where the person is (pipelines/schedule/places.py), from columns with the number and the zone. Parameter: long_heads.

    Where the holidays of the person's country count, a space and the country of the number, if any, follow.
    """
    there = (
        f"case when {zone} is not null then {zone} when {phone} is null then ''"
        f" when left({phone}, {SHORT + 1}) = any(cast(:long_heads as text[])) then left({phone}, {LONG + 1})"
        f" else left({phone}, {SHORT + 1}) end"
    )
    return f"{there} || ' ' || coalesce(phone_country, '')" if window.follows_country else there


def holes(plan: Plan) -> dict[str, str]:
    """The fillings of messages.sql that depend on the schedule and the window."""
    schedule, closed = plan.campaign.schedule, not plan.campaign.window.is_open_always
    relative = schedule.steps[0].is_relative
    at_once = schedule.start is None and not relative
    tolerance = _by_step(schedule, _tolerance)
    return {
        "place": place(plan.campaign.window, "value_phone", "value_person_zone") if closed else "''",
        "wanted_at": _NOW if at_once else _by_step(schedule, _wanted_at),
        "deadline": _by_step(schedule, partial(_deadline, plan.campaign)),
        "lacks_moment": "wanted_at is null" if relative else "false",
        "planned_at": _in_span("wanted_at") if closed else "wanted_at",
        "not_before": _not_before(schedule) if closed else "wanted_at",
        "closes_at": _span("closes", f"greatest(wanted_at, {_NOW})") if closed else "timestamptz 'infinity'",
        "window_no": "hours.window_no" if closed else "cast(null as integer)",
        # A moment that no known hours reach has no plan; its message expires like one whose hours begin after its deadline.
        "latest": f"coalesce(planned_at, wanted_at) + {tolerance}" if relative else _latest(plan.campaign),
        "missed_start": "false" if at_once else f"planned_at + {tolerance} <= {_NOW}",
        "booked_recently": _booked_recently(schedule),
        "is_repeat": _is_repeat(schedule),
    }


def step_no(schedule: Schedule) -> str:
    """The numbers of the steps: a row of the result for each."""
    count = len(schedule.steps)
    return "cast(1 as smallint)" if count == 1 else f"cast(generate_series(1, {count}) as smallint)"


def _by_step(schedule: Schedule, of: Callable[[Step], str]) -> str:
    if len(schedule.steps) == 1:
        return of(schedule.steps[0])
    arms = (f"when {step.no} then {of(step)}" for step in schedule.steps)
    return f"case step_no {' '.join(arms)} end"


def _wanted_at(step: Step) -> str:
    if not step.is_relative:
        return "cast(:start as timestamptz)"
    if not step.days:
        return f"contact_at + {_interval(minutes=step.minutes)}" if step.at is None else _on_day(step)
    return (
        _on_day(step)
        if step.at
        else f"local_moment({_local('local_at', step.days)}, time_zone)"
        + (f" + {_interval(minutes=step.minutes)}" if step.minutes else "")
    )


def _on_day(step: Step) -> str:
    at = step.at
    assert at is not None
    local = _local("substr(local_at, 1, 10)", step.days)
    return f"local_moment({local} + {_interval(minutes=at.hour * 60 + at.minute)}, time_zone)"


def _local(text: str, days: int) -> str:
    return f"cast({text} as timestamp) + make_interval(days => {days})"


def _interval(*, minutes: int) -> str:
    return f"make_interval(mins => {minutes})"


def _not_before(schedule: Schedule) -> str:
    """When the hours let a message go. A start that is past stays that of the hours in which it lay, since lateness is counted from there."""
    there = _in_span(f"greatest(wanted_at, {_NOW})")
    if schedule.start is None:
        return there
    return f"case when {_span('closes', 'wanted_at')} > {_NOW} then {_in_span('wanted_at')} else {there} end"


def _latest(campaign: Campaign) -> str:
    """The end of a message without a step: its life begins at the first moment at which it may go out."""
    life = f"coalesce(not_before, {_NOW}) + {_interval(minutes=(campaign.life or campaign.life_of_type) // timedelta(minutes=1))}"
    return (
        life
        if campaign.life
        else f"case when deadline < timestamptz 'infinity' then deadline else {life} end"
    )


def _deadline(campaign: Campaign, step: Step) -> str:
    """A message before the contact is worthless after it; one after the contact has no deadline but its tolerance."""
    if not step.is_relative:
        ends = "contact_at is not null"
        if campaign.minutes_before_contact is None and campaign.type not in REMINDERS:
            # On the day of a contact without a time of day, nobody knows whether it is over.
            ends += " and false" if campaign.type in AFTERWARDS else f" and contact_at > {_NOW}"
        return f"case when {ends} then {_CONTACT_END} - {_BEFORE_CONTACT} else timestamptz 'infinity' end"
    return f"({_CONTACT_END}) - {_BEFORE_CONTACT}" if step.is_before else "timestamptz 'infinity'"


def _tolerance(step: Step) -> str:
    return _interval(minutes=step.tolerance // timedelta(minutes=1))


def _span(side: str, at: str) -> str:
    """The beginning or end (`opens` or `closes`) of the first span that ends after `at`; null for none."""
    return f"hours.{side}[width_bucket({at}, hours.closes) + 1]"


def _in_span(at: str) -> str:
    """The first moment within a span at or after `at`; null for none."""
    return f"case when {_span('opens', at)} is not null then greatest({at}, {_span('opens', at)}) end"


def _booked_recently(schedule: Schedule) -> str:
    if schedule.not_if_booked_within is None:
        return "false"
    minutes = schedule.not_if_booked_within // timedelta(minutes=1)
    booked_at = "coalesce(booked_at, cast(:received_at as timestamptz))"
    return f"wanted_at < {booked_at} + {_interval(minutes=minutes)}"


def _is_repeat(schedule: Schedule) -> str:
    """Whether the person gets this step for an earlier contact of the same day. The first contact that can be sent carries the message.

    Messages to one address and name are to one person. So are those of rows with one name and phone number, or one name and e-mail address
    if their numbers do not differ, whichever channel each takes: many people may share a mailbox.
    """
    if not schedule.one_per_person_and_day:
        return "false"
    name = f"lower(concat_ws(' ', {', '.join(f'value_{field.name}' for field in NAMES)}))"
    day = f"step_no, {name}, substr(local_at, 1, 10)"
    order = "order by problem is not null or state <> 'ready', contact_at, row_no"
    by_phone, by_email = (
        f"partition by comparable_address(value_{one}), {day}" for one in ("phone", "email")
    )
    one_number = f"min(value_phone) over ({by_email}) is not distinct from max(value_phone) over ({by_email})"
    return (
        f"local_at is not null and (row_number() over (partition by channel, comparable, {day} {order}) > 1"
        f" or {name} <> '' and value_phone is not null and row_number() over ({by_phone} {order}) > 1"
        f" or {name} <> '' and value_email is not null and {one_number} and row_number() over ({by_email} {order}) > 1)"
    )
