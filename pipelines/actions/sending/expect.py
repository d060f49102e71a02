"""When a packet will be all out: what it has to send, how fast that goes, and what others have to send before it (B9)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """A forecast: `seconds` until all `messages` are out (None: never), of which `late` miss their deadline; `due` could go at once, by channel."""

    messages: int
    late: int
    seconds: float | None
    due: Mapping[str, int]


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
    due = {channel: sum(map(_due, work)) for channel, work in rows.items()}
    return Expected(messages, sum(one.late for one in found), max(seconds, default=None), due)


def _hours(uow: UnitOfWork, packet_id: UUID, windows: set[int]) -> dict[int, Hours]:
    """The coming spans of these windows, by their numbers."""
    numbers = {"packet_id": packet_id, "windows": sorted(windows)}
    rows = uow.all(sql("actions/sending/forecast/hours"), numbers) if windows else []
    return {row.window_no: Hours(row.opens, row.closes) for row in rows}


def _due(row: Row[Any]) -> int:
    """How many of these messages could go at once."""
    count: int = row.messages
    return count if row.opens <= 0 < min(row.closes, row.expires) else 0


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
    rules = [rule for rule in _rules(uow, of) if not rule.apart]
    shares = _shares(uow, of, rules, messages)
    rates = [rule.per_second * shares[rule.key] / units_each for rule in rules if rule.per_second is not None]
    pace = Pace(min([(observed.per_lane or PER_LANE) * max(1, lanes), *rates]))
    daily = [rule for rule in rules if rule.per_day is not None]
    keys = {"keys": [rule.key for rule in daily], "zones": [rule.zone for rule in daily]}
    used = {row.key: row for row in uow.all(sql("actions/sending/forecast/used"), keys)} if daily else {}
    for rule in daily:
        cap = _part(rule.per_day / units_each, shares[rule.key])
        if cap < pace.per_day:
            left = _part(max(0, rule.per_day - used[rule.key].used) / units_each, shares[rule.key])
            pace = replace(pace, per_day=cap, left_today=left, day_ends=used[rule.key].day_ends_in)
    return pace


def _shares(uow: UnitOfWork, of: Mapping[str, Any], rules: list[Row[Any]], messages: int) -> dict[str, float]:
    """The part of each limit that the packet gets, by its key."""
    keys = {"keys": [rule.key for rule in rules]}
    others: dict[str, list[int]] = {rule.key: [] for rule in rules}
    for row in uow.all(sql("actions/sending/forecast/queue"), {**of, **keys}) if rules else []:
        others[row.key].append(row.messages)
    return {key: fair_share(messages, found) for key, found in others.items()}


def _part(messages: float, share: float) -> float:
    """A packet's part of the messages of a day; however many share them, one of them at least."""
    return max(min(messages, 1.0), messages * share)


def _rules(uow: UnitOfWork, of: Mapping[str, Any]) -> list[Row[Any]]:
    senders = uow.all(sql("steps/dispatch/senders"), of)
    if not senders:
        return []
    lane = {**of, "provider": senders[0].provider, "sender_id": senders[0].id}
    return list(uow.all(sql("steps/dispatch/limits/rules"), lane))
