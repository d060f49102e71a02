"""Expires the messages of a channel whose deadline or start has passed, and moves those whose hours have ended to their next hours."""

from collections.abc import Mapping
from typing import Any

from pipelines.clock import now
from pipelines.domain.schedule import Schedule
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.journal import PacketFacts
from pipelines.store.sqlfile import sql

# Messages per transaction: a lane's transactions end after 30 seconds (see database.py), and what they did is undone.
MOVED = 20_000


def expire_late(database: LaneDatabase, channel: Mapping[str, Any]) -> None:
    """Expire the messages whose deadline has passed. `channel`: packet_id and channel."""
    locked = MOVED
    while locked == MOVED:
        with database.transaction():
            late = [row.id for row in database.all(sql("steps/dispatch/expire_lock"), _some_of(channel))]
            locked = len(late)
            if late:
                database.run(sql("steps/dispatch/expire"), {"message_ids": late})


def expire_missed_start(database: LaneDatabase, packet: PacketFacts, channel: str) -> None:
    """Expire the messages that should have begun to go out longer ago than the tolerance, unless something of the packet has.

    Steps relative to the contact have their tolerance in each message's deadline. Nothing is late before the packet is as old as the tolerance.
    """
    step = Schedule.from_json(packet.campaign).steps[0]
    if step.is_relative or packet.received_at + step.tolerance > now():
        return
    if database.one(sql("steps/dispatch/has_begun"), {"packet_id": packet.id}).begun:
        return
    missed = {"packet_id": packet.id, "channel": channel, "tolerance": step.tolerance.total_seconds()}
    locked = MOVED
    while locked == MOVED:
        with database.transaction():
            late = [row.id for row in database.all(sql("steps/dispatch/missed_lock"), _some_of(missed))]
            locked = len(late)
            if late:
                database.run(sql("steps/dispatch/expire_missed"), {"message_ids": late})


def move_to_next_hours(database: LaneDatabase, channel: Mapping[str, Any]) -> None:
    """Move the messages whose hours have ended to their next hours; those whose next hours nobody knows expire."""
    locked = MOVED
    while locked == MOVED:
        with database.transaction():
            ended = database.all(sql("steps/dispatch/hours_lock"), _some_of(channel))
            locked = len(ended)
            if unknown := [row.id for row in ended if row.unknown]:
                database.run(sql("steps/dispatch/expire"), {"message_ids": unknown})
            if closed := [row.id for row in ended if not row.unknown]:
                database.run(sql("steps/dispatch/next_span"), {"message_ids": closed})


def _some_of(channel: Mapping[str, Any]) -> dict[str, Any]:
    return {**channel, "limit": MOVED}
