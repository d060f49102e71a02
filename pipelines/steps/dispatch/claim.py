"""Claims messages for a lane: committed as `sending`, under a lease, before a word goes to the provider (docs/how-nothing-is-doubled.md#the-life-of-a-message)."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.domain.sending import Outgoing
from pipelines.errors import StepFailed
from pipelines.language import Sentence
from pipelines.language.vocabulary import packet_state
from pipelines.states import PacketState
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql

MAY_SEND = frozenset({PacketState.SENDING, PacketState.SETTLED})
# A settled packet has nothing to send: its lane ends well. One with a message that became ready after all is sending again (open.sql).

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
    """One provider call that is ours to begin; `before` is the place in the packet after which its messages stand."""

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
    sender_id: UUID
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

    def next_calls(self, size: int | None = None) -> list[Call]:
        """Claim the next group, in calls of at most `size` messages if that is less than the terms allow.

        Raises StepFailed when the packet was stopped.
        """
        if self._place is START:
            self._expire_late()
        before, most = self._place, self._terms.per_group
        if size is not None:
            most = min(most, size * (most // self._terms.per_call))
        rows, calls = self._claim(before, most, None)
        self.at_end = len(rows) < most
        if rows:
            self._place = (rows[-1].expires_at, rows[-1].row_no)
        return calls

    def halves(self, call: Call) -> list[Call]:
        """Claim the messages of a call that was refused as a whole once more, in two calls. They must be ready again."""
        found = self._database.all(sql("steps/dispatch/split"), {"call_id": call.id})
        only = [row.message_id for row in found]
        half = -(-len(call.messages) // 2)
        return [half_call for _ in range(2) for half_call in self._claim(call.before, half, only)[1]]

    def outlook(self) -> Row[Any]:
        """How many messages are `ready`, in how many seconds the first is due (`due_in`), and whether others have `claimed_by_others`."""
        return self._database.one(sql("steps/dispatch/outlook"), self._channel | {"owner": self._terms.owner})

    @property
    def _channel(self) -> dict[str, Any]:
        return {"packet_id": self._terms.packet_id, "channel": self._terms.channel}

    def _expire_late(self) -> None:
        with self._database.transaction():
            late = self._database.all(sql("steps/dispatch/expire_lock"), self._channel)
            if late:
                message_ids = {"message_ids": [row.id for row in late]}
                self._database.run(sql("steps/dispatch/expire"), message_ids)

    def _claim(
        self, after: Place, most: int, only: list[UUID] | None
    ) -> tuple[Sequence[Row[Any]], list[Call]]:
        """Lock what is due, then write the claim down by value: two statements, and decision 15 says why."""
        lease = Lease.of(self._terms.lease_seconds)
        with self._database.transaction():
            rows = self._lock(after, most, only)
            taken = [row for row in rows if row.suppressed or not row.again]
            if taken:
                self._database.run(
                    sql("steps/dispatch/claim_messages"),
                    {
                        "message_ids": [row.id for row in taken],
                        "suppressed": [row.suppressed for row in taken],
                    },
                )
            claimed = [row for row in taken if not row.suppressed]
            ids = self._write_calls(claimed) if claimed else []
        return rows, list(_calls(claimed, ids, lease, after))

    def _lock(self, after: Place, most: int, only: list[UUID] | None) -> Sequence[Row[Any]]:
        packet = {"packet_id": self._terms.packet_id}
        state = self._database.one(sql("steps/packet/share"), packet).state
        if state not in MAY_SEND:
            raise packet_does_not_send(state)
        return self._database.all(
            sql("steps/dispatch/claim_lock"),
            self._channel
            | {
                "client_id": self._terms.client_id,
                "per_call": self._terms.per_call,
                "after_expires": after[0],
                "after_row": after[1],
                "most": most,
                "only": only,
            },
            planned_anew=True,
        )

    def _write_calls(self, claimed: list[Row[Any]]) -> Sequence[Row[Any]]:
        terms = self._terms
        return self._database.all(
            sql("steps/dispatch/claim_calls"),
            self._channel
            | {
                "client_id": terms.client_id,
                "provider": terms.provider,
                "sender_id": terms.sender_id,
                "owner": terms.owner,
                "lease_seconds": terms.lease_seconds,
                "per_call": terms.per_call,
                "message_ids": [row.id for row in claimed],
                "attempt_nos": [row.attempt_no + 1 for row in claimed],
            },
        )


def packet_does_not_send(state: str, problem: Sentence | None = None) -> StepFailed:
    """The sentence for a packet that must not be sent in this state."""
    return StepFailed(problem or Sentence("packet_not_sending", {"state": packet_state(state)}))


def _calls(claimed: list[Row[Any]], ids: Sequence[Row[Any]], lease: Lease, before: Place) -> Iterator[Call]:
    pairs = zip(claimed, ids, strict=True)
    for call_id, members in groupby(pairs, key=lambda pair: pair[1].call_id):
        messages = [
            Outgoing(own.attempt_id, row.address, row.body, row.subject, row.parts) for row, own in members
        ]
        yield Call(call_id, messages, lease, before)
