"""Writes the hours of a packet: for each place where its people are, the spans in which messages may go out (D13, D14)."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from pipelines.clock import now
from pipelines.domain.schedule import Step
from pipelines.schedule.places import ANYWHERE, long_heads, zones_of
from pipelines.schedule.start import start_of
from pipelines.schedule.windows import Span, spans
from pipelines.steps.assemble.plan import Plan
from pipelines.steps.assemble.timing import place
from pipelines.store.sqlfile import sql_with
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.schedules import SendWindow

# How long before the present a message may have been due, beyond its tolerance; how far ahead one may be planned; and for how long
# after its moment one that could not go out is still tried.
PAST, AHEAD, TRIED = timedelta(days=31), timedelta(days=731), timedelta(days=90)
# A lane may begin a call up to half a minute after it has claimed its messages.
CLOSES_EARLY = timedelta(minutes=1)


def campaign_start(plan: Plan) -> datetime:
    """When a campaign without steps starts: at the moment that it names, on the clock of the client, or now."""
    return start_of(plan.campaign.schedule, plan.time_zone) or now()


def write_hours(uow: UnitOfWork, plan: Plan, start: datetime) -> None:
    """Fill send_window for a packet whose campaign does not send at every hour. `start` is that of the campaign."""
    if plan.campaign.window.is_open_always:
        return
    statement = sql_with(
        "steps/assemble/places", {"place": place(plan.campaign.window, "phone", "person_zone")}
    )
    rows = uow.all(statement, {"packet_id": plan.packet.id, "long_heads": long_heads()})
    windows = [
        {
            "packet_id": plan.packet.id,
            "client_id": plan.packet.client_id,
            "place": row.place,
            "window_no": number,
            "zones": list(zones),
            "opens": [span.opens for span in found],
            "closes": [span.closes - CLOSES_EARLY for span in found],
        }
        for number, row in enumerate(rows)
        for zones, found in [_spans(plan, row, start)]
    ]
    if windows:
        uow.execute(insert(SendWindow), windows)


def _spans(plan: Plan, row: Any, start: datetime) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """The zones of a place and its spans. Zones that have no hour in common are replaced by the client's."""
    first, last = _days(plan, row, start)
    there, _, country = row.place.partition(" ")
    for zones in (zones_of(there, plan.time_zone), zones_of(ANYWHERE, plan.time_zone)):
        if found := spans(zones, plan.campaign.window, country or plan.packet.region, first, last):
            return zones, found
    raise AssertionError("a window without any span")


def _days(plan: Plan, row: Any, start: datetime) -> tuple[date, date]:
    """The first and the last day whose hours the messages of a place may need."""
    present, steps = now(), plan.campaign.schedule.steps
    wanted = [start]
    if steps[0].is_relative and row.first_contact is not None:
        wanted = [row.first_contact + min(map(_offset, steps)), row.last_contact + max(map(_offset, steps))]
    earliest = max(min(wanted), present - PAST - max(step.tolerance for step in steps))
    latest = min(max(present, *wanted), present + AHEAD) + TRIED
    return earliest.date() - timedelta(days=1), latest.date()


def _offset(step: Step) -> timedelta:
    """How far from the contact a step is, to a day."""
    return timedelta(days=step.days + (1 if step.at and not step.is_before else 0), minutes=step.minutes) - (
        timedelta(days=1) if step.at and step.is_before else timedelta()
    )
