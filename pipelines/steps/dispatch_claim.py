"""Claims messages for a lane: committed as `sending`, under a lease, before a word goes to the provider (protocol 3.2, step 2)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.domain.sending import Outgoing
from pipelines.errors import StepFailed
from pipelines.states import PacketState
from pipelines.steps.dispatch_database import LaneDatabase
from pipelines.store.sqlfile import sql

MAY_SEND = frozenset({PacketState.SENDING, PacketState.SETTLED})
# A settled packet has nothing ready; a message that became ready after all may go, and settle adds up again.

# A time as PostgreSQL writes it: `infinity` is one, and no Python datetime.
Place = tuple[str, int]
START: Place = ("-infinity", -1)


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a lane owns what it claimed, on two clocks: the steady one stands still while a laptop sleeps."""

    steady_end: float
    wall_end: float

    @classmethod
    def of(cls, seconds: float) -> "Lease":
        """A lease that begins now. Take it before the claim, so that it never ends after the database's."""
        return cls(time.monotonic() + seconds, time.time() + seconds)

    def left(self) -> float:
        """Seconds until it ends, by the clock that is further."""
        return min(self.steady_end - time.monotonic(), self.wall_end - time.time())


@dataclass(frozen=True, slots=True)
class Call:
    """One provider call that is ours to make; `before` is the place in the packet after which its messages stand."""

    id: UUID
    messages: list[Outgoing]
    lease: Lease
    before: Place


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a lane claims: for whom, how many messages at once and per call, how long it owns them (seconds)."""

    client_id: UUID
    packet_id: UUID
    channel: str
    provider: str
    owner: UUID
    per_group: int
    per_call: int
    lease_seconds: float


class Claims:
    """Walks forward through one channel of a packet. `at_end` says that the walk has seen the last message."""

    def __init__(self, database: LaneDatabase, terms: Terms) -> None:
        self._database, self._terms = database, terms
        self.again()

    def again(self) -> None:
        """Begin the walk anew: messages may have become ready behind it."""
        self._place: Place = START
        self.at_end = False

    def next_calls(self) -> list[Call]:
        """Claim the next group. Raises StepFailed when the packet was stopped."""
        if self._place is START:
            self._database.one(sql("steps/step6_dispatch__expire"), self._channel)
        before = self._place
        rows, lease = self._claim(before, self._terms.per_group, None)
        self.at_end = len(rows) < self._terms.per_group
        if rows:
            self._place = (rows[-1].expires_at, rows[-1].row_no)
        return list(_calls(rows, lease, before))

    def halves(self, call: Call) -> list[Call]:
        """Claim the messages of a call that was refused as a whole once more, in two calls. They must be ready again."""
        half = -(-len(call.messages) // 2)
        calls: list[Call] = []
        for _ in range(2):
            rows, lease = self._claim(call.before, half, call.id)
            calls += _calls(rows, lease, call.before)
        return calls

    def outlook(self) -> tuple[int, float]:
        """How many messages are ready, and in how many seconds the first of them is due (0 or less: now)."""
        found = self._database.one(sql("steps/step6_dispatch__outlook"), self._channel)
        return found.ready, found.due_in or 0.0

    @property
    def _channel(self) -> dict[str, UUID | str]:
        return {"packet_id": self._terms.packet_id, "channel": self._terms.channel}

    def _claim(self, after: Place, most: int, split_call: UUID | None) -> tuple[list[Row[Any]], Lease]:
        terms = self._terms
        lease = Lease.of(terms.lease_seconds)
        rows = self._database.all(
            sql("steps/step6_dispatch__claim"),
            self._channel
            | {
                "client_id": terms.client_id,
                "provider": terms.provider,
                "owner": terms.owner,
                "lease_seconds": terms.lease_seconds,
                "per_call": terms.per_call,
                "after_expires": after[0],
                "after_row": after[1],
                "most": most,
                "split_call": split_call,
            },
        )
        if rows[0].state not in MAY_SEND:
            raise packet_does_not_send(rows[0].state)
        return [row for row in rows if row.row_no is not None], lease


def packet_does_not_send(state: str, problem: str | None = None) -> StepFailed:
    """The sentence for a packet that must not be sent in this state."""
    return StepFailed(
        problem
        or f"The packet is {state}, so nothing of it is sent. Run its earlier steps to their end first.",
        code="packet_not_sending",
    )


def _calls(rows: list[Row[Any]], lease: Lease, before: Place) -> Iterator[Call]:
    claimed = [row for row in rows if row.attempt_id is not None]
    for call_id, members in groupby(claimed, key=lambda row: row.call_id):
        messages = [Outgoing(row.attempt_id, row.address, row.body, row.subject) for row in members]
        yield Call(call_id, messages, lease, before)
