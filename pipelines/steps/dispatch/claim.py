"""Claims messages for a lane: they are committed as `sending`, under a lease, before the provider is called.

See docs/how-nothing-is-doubled.md#the-life-of-a-message.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.domain.sending import Outgoing
from pipelines.errors import StepFailed
from pipelines.language import Sentence
from pipelines.language.vocabulary import packet_state
from pipelines.states import PacketState
from pipelines.steps.dispatch.allowance import Allowance
from pipelines.steps.dispatch.database import NO_WAIT, LaneDatabase, Statement, array_of
from pipelines.steps.dispatch.late import expire_late, move_to_next_hours
from pipelines.steps.dispatch.limits import Limits
from pipelines.store.sqlfile import sql

# A lane of a settled packet has nothing to send and succeeds. If a message becomes ready after all, the packet is sending again (open.sql).
MAY_SEND = frozenset({PacketState.SENDING, PacketState.SETTLED})

# A time as PostgreSQL writes it, since no Python datetime is `infinity`; and a row number.
Place = tuple[str, int]
START: Place = ("-infinity", -1)


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a lane owns what it claimed, on two clocks: the monotonic one stops while a laptop sleeps."""

    steady_end: float
    wall_end: float

    @classmethod
    def of(cls, seconds: float) -> "Lease":
        """A lease that begins now. Take it before the claim, so that it never ends after the database's."""
        return cls(time.monotonic() + seconds, time.time() + seconds)

    def left(self) -> float:
        """Seconds until it ends, by the clock that is further ahead."""
        return min(self.steady_end - time.monotonic(), self.wall_end - time.time())


@dataclass(frozen=True, slots=True)
class Call:
    """A provider call that this lane may begin. Its messages come after the place `before` in the packet."""

    id: UUID
    messages: list[Outgoing]
    lease: Lease
    before: Place
    cost: Callable[[], Counter[str]] = Counter  # what it uses up of the limits


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a lane's claims: for whom, how many messages per claim and per call, and how long it owns them (seconds)."""

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
    """Walks forward through one channel of a packet, as fast as the limits allow. `at_end`: the walk has passed the last message."""

    def __init__(self, database: LaneDatabase, terms: Terms) -> None:
        self._database, self._terms = database, terms
        self.limits = Limits(
            database,
            client_id=terms.client_id,
            packet_id=terms.packet_id,
            channel=terms.channel,
            provider=terms.provider,
            sender_id=terms.sender_id,
        )
        self._hours_ended = True  # of some messages, perhaps
        self.restart()

    def restart(self) -> None:
        """Restart the walk: messages may have become ready behind it."""
        self._place: Place = START
        self.at_end = False

    def next_calls(self, size: int | None = None) -> list[Call]:
        """Claim the next group, in calls of at most `size` messages if the terms allow more.

        Nothing of a paused packet is claimed. Raises StepFailed when the packet was stopped.
        """
        if self._place is START:
            expire_late(self._database, self._channel)
            if self._hours_ended:
                move_to_next_hours(self._database, self._channel)
                self._hours_ended = False
        before, limit = self._place, self._terms.per_group
        if size is not None:
            limit = min(limit, size * (limit // self._terms.per_call))
        allowance = self.limits.take(limit, None if before is START else before[0])
        limit = int(min(limit, allowance.units))
        if limit == 0:
            return []
        rows, calls = self._claim(before, limit, None, allowance)
        self.limits.settle(allowance, sum(len(call.messages) for call in calls))
        self.at_end = len(rows) < limit and not allowance.full
        if rows:
            self._place = (rows[-1].expires_at, rows[-1].row_no)
        return calls

    def halves(self, call: Call) -> list[Call]:
        """Claim the messages of a call that was refused as a whole again, in two calls. They must be ready again."""
        rows = self._database.all(sql("steps/dispatch/split"), {"call_id": call.id})
        only = [row.message_id for row in rows]
        half = -(-len(call.messages) // 2)
        return [
            half_call for _ in range(2) for half_call in self._claim(call.before, half, only, Allowance())[1]
        ]

    def outlook(self) -> Row[Any]:
        """How many messages are `ready`, in how many seconds the first is due that no cap stops (`due_in`; null if there is none), and whether
        some are `claimed_by_others`, and whether the packet is `paused`, and whether all that are ready are `over_limit`: longer than a day's cap.
        """
        values = {"owner": self._terms.owner, "day_cap": self.limits.day_cap}
        outlook = self._database.one(sql("steps/dispatch/outlook"), self._channel | self._closed | values)
        self._hours_ended = outlook.hours_ended
        return outlook

    @property
    def _channel(self) -> dict[str, Any]:
        return {"packet_id": self._terms.packet_id, "channel": self._terms.channel}

    @property
    def _closed(self) -> dict[str, Any]:
        return {
            "max_units": self.limits.max_units,
            "closed_countries": self.limits.closed("country"),
            "closed_prefixes": self.limits.closed("prefix"),
        }

    def _claim(
        self, after: Place, limit: int, only: list[UUID] | None, allowance: Allowance
    ) -> tuple[Sequence[Any], list[Call]]:
        """Lock the due messages, then write the claim by value: two round trips, see decision 15.

        Returns the rows that the walk has passed, and the calls.
        """
        lease = Lease.of(self._terms.lease_seconds)
        with self._database.undone_on_error():
            shared, locked = self._lock(after, limit, only)
            admitted, passed = allowance.admit(locked)
            claimed = [row for row in admitted if not (row.suppressed or row.again)]
            attempt_ids = _ids(shared.attempt_seed, len(claimed))
            call_ids = _ids(shared.call_seed, -(-len(claimed) // self._terms.per_call))
            self._write(claimed, attempt_ids, call_ids, [row for row in admitted if row.suppressed])
        messages = [
            Outgoing(attempt_id, row.address, row.body, row.subject, row.parts, expires_in=row.expires_in)
            for row, attempt_id in zip(claimed, attempt_ids, strict=True)
        ]
        calls = []
        for place, call_id in enumerate(call_ids):
            own = slice(place * self._terms.per_call, (place + 1) * self._terms.per_call)
            calls.append(Call(call_id, messages[own], lease, after, partial(allowance.cost_of, claimed[own])))
        return locked[:passed], calls

    def _lock(self, after: Place, limit: int, only: list[UUID] | None) -> tuple[Any, Sequence[Any]]:
        """Lock the packet and the next messages. Returns the packet with the seeds of new ids, and the messages."""
        values = {
            "client_id": self._terms.client_id,
            "per_call": self._terms.per_call,
            "after_expires": after[0],
            "after_row": after[1],
            "limit": limit,
            "only": only,
        }
        # A claim need not wait for the disk: nothing of it is sent before `begin` is committed, which does.
        _, [shared], locked = self._database.together(
            [
                NO_WAIT,
                (sql("steps/packet/share"), {"packet_id": self._terms.packet_id}),
                (sql("steps/dispatch/claim_lock"), self._channel | self._closed | values),
            ],
            commit=False,
        )
        if not shared.paused and shared.state not in MAY_SEND:
            raise packet_does_not_send(shared.state)
        return shared, [] if shared.paused else locked

    def _write(
        self,
        claimed: Sequence[Any],
        attempt_ids: Sequence[UUID],
        call_ids: Sequence[UUID],
        suppressed: Sequence[Any],
    ) -> None:
        """Write what was locked and commit."""
        statements: list[Statement] = []
        if suppressed:
            reasons = {
                "message_ids": [row.id for row in suppressed],
                "reasons": [row.suppressed for row in suppressed],
            }
            statements.append((sql("steps/dispatch/claim_suppressed"), reasons))
        if claimed:
            ids = {"attempt_ids": array_of(attempt_ids), "call_ids": array_of(call_ids)}
            statements.append((sql("steps/dispatch/claim"), self._values(claimed) | ids))
        self._database.together(statements, begin=False)

    def _values(self, claimed: Sequence[Any]) -> dict[str, Any]:
        terms = self._terms
        return self._channel | {
            "client_id": terms.client_id,
            "provider": terms.provider,
            "sender_id": terms.sender_id,
            "owner": terms.owner,
            "lease_seconds": terms.lease_seconds,
            "per_call": terms.per_call,
            "message_ids": array_of(row.id for row in claimed),
            "attempt_nos": array_of(row.attempt_no + 1 for row in claimed),
        }


def packet_does_not_send(state: str, problem: Sentence | None = None) -> StepFailed:
    """The error for a packet that must not be sent in this state."""
    return StepFailed(problem or Sentence("packet_not_sending", {"state": packet_state(state)}))


def _ids(seed: UUID, count: int) -> list[UUID]:
    """As many ids, in order: the seed with their places in its last 16 bits. Generating each would cost more than writing its row."""
    first = seed.int & ~0xFFFF
    return [UUID(int=first | place) for place in range(count)]
