"""When a packet will be all out: what it has to send, how fast that goes, and what others have to send before it (B9)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.channels import channels
from pipelines.channels.lanes import plan_lanes
from pipelines.domain.forecast import NO_HOURS, Hours, Pace, Work, fair_share, forecast
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PER_LANE = 30.0  # messages per second of a lane, as long as no lane of the client has sent enough to tell


@dataclass(frozen=True, slots=True)
class Expected:
    """A forecast: `seconds` until all `messages` are out (None: never), of which `late` miss their deadline."""

    messages: int
    late: int
    seconds: float | None


def expect(uow: UnitOfWork, client_id: UUID, packet_id: UUID) -> Expected:
    """Forecast the packet as if it may send from now on."""
    ids = {"client_id": client_id, "packet_id": packet_id}
    rows: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in uow.all(sql("actions/sending/forecast/work"), ids):
        rows[row.channel].append(row)
    hours = _hours(uow, packet_id, {row.hours for work in rows.values() for row in work} - {None})
    waits = {row.channel: row.seconds for row in uow.all(sql("actions/sending/forecast/wait"), ids)}
    found = [
        forecast(_works(work, hours, waits.get(channel, 0.0)), _pace(uow, {**ids, "channel": channel}, work))
        for channel, work in rows.items()
    ]
    seconds = [one.seconds for one in found if one.seconds is not None]
    messages = sum(row.messages for work in rows.values() for row in work)
    return Expected(messages, sum(one.late for one in found), max(seconds, default=None))


def _hours(uow: UnitOfWork, packet_id: UUID, windows: set[int]) -> dict[int, Hours]:
    """The coming spans of these windows, by their numbers."""
    numbers = {"packet_id": packet_id, "windows": sorted(windows)}
    rows = uow.all(sql("actions/sending/forecast/hours"), numbers) if windows else []
    return {row.window_no: Hours(row.opens, row.closes) for row in rows}


def _works(rows: list[Row[Any]], hours: Mapping[int, Hours], wait: float) -> list[Work]:
    return [
        Work(row.messages, max(row.opens, wait), row.closes, row.expires, hours.get(row.hours, NO_HOURS))
        for row in rows
    ]


def _pace(uow: UnitOfWork, of: Mapping[str, Any], work: list[Row[Any]]) -> Pace:
    """The pace of the packet's lanes on a channel, by what was observed and by the limits; units are converted to messages."""
    messages = sum(row.messages for row in work)
    units_each = float(sum(row.units for row in work) / messages)
    observed = uow.one(
        sql("actions/sending/forecast/pace"), {**of, "lane": f"{channels()[of['channel']].lane_title} lane %"}
    )
    lanes = len(plan_lanes({of["channel"]: messages}))
    per_second = (observed.per_lane or PER_LANE) * max(1, lanes)
    rules = [rule for rule in _rules(uow, of) if not rule.apart]
    rate = min((rule.per_second for rule in rules if rule.per_second), default=inf) / units_each
    if rate < per_second:
        others = [row.messages for row in uow.all(sql("actions/sending/forecast/queue"), of)]
        per_second = rate * fair_share(messages, others)
    pace = Pace(per_second)
    keys = {
        "keys": [rule.key for rule in rules if rule.per_day],
        "zones": [rule.zone for rule in rules if rule.per_day],
    }
    used = {row.key: row for row in uow.all(sql("actions/sending/forecast/used"), keys)}
    for rule in rules:
        if rule.per_day and rule.per_day / units_each < pace.per_day:
            left = max(0.0, (rule.per_day - used[rule.key].used) / units_each)
            pace = Pace(per_second, rule.per_day / units_each, left, used[rule.key].day_ends_in)
    return pace


def _rules(uow: UnitOfWork, of: Mapping[str, Any]) -> list[Row[Any]]:
    senders = uow.all(sql("steps/dispatch/senders"), of)
    if not senders:
        return []
    lane = {**of, "provider": senders[0].provider, "sender_id": senders[0].id}
    return list(uow.all(sql("steps/dispatch/limits/rules"), lane))
