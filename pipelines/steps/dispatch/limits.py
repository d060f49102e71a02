"""A lane's limits: it takes what it may send from token buckets that all lanes share, before it claims (docs/decisions/0029)."""

import time
from collections import Counter
from collections.abc import Sequence
from math import ceil, inf
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.steps.dispatch.allowance import EVERY, Allowance, Area
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql

FRESH = 10.0  # seconds after which the rules are read again
# Seconds. A lane that got less than it wanted comes back after this at the earliest, or it would claim message by message.
PAUSE = 0.2
AT_ONCE = 0.25  # seconds' worth of a rate that a lane takes at once: tokens that wait in its hand would be used too late


class Limits:
    """The limits of one lane's packet, channel, provider and sender. Without any rule it makes no round trip, but to look for new rules."""

    def __init__(
        self,
        database: LaneDatabase,
        *,
        client_id: UUID,
        packet_id: UUID,
        channel: str,
        provider: str,
        sender_id: UUID,
    ) -> None:
        self._database, self._packet_id = database, packet_id
        self._lane = {
            "client_id": client_id,
            "channel": channel,
            "provider": provider,
            "sender_id": sender_id,
        }
        self._rules: Sequence[Row[Any]] = []
        self._read_at = -inf
        self._unused: Counter[str] = Counter()  # units taken and not used, by key; negative if more were used
        self._units_each = 1.0  # of the messages of the last claim
        self._free_at = -inf
        self._day_ends_at = inf
        self._most = inf  # once a message was too long for the rest of the day: the units that were left
        self._closed: dict[str, Area] = {}  # nothing more goes there today

    @property
    def apply(self) -> bool:
        """Whether there is any limit."""
        return bool(self._rules)

    @property
    def seconds_held(self) -> float:
        """How long nothing may be claimed; 0 or less when something may."""
        return self._free_at - time.monotonic()

    @property
    def seconds_closed(self) -> float:
        """How long until the first closed country or prefix opens, or a day that was too short is over; infinite when there is none."""
        opens = [area.opens_at for area in self._closed.values()]
        if self._most < inf:
            opens.append(self._day_ends_at)
        return min(opens, default=inf) - time.monotonic()

    @property
    def max_units(self) -> int | None:
        """Of the messages that need more units than this, none may go today; None if there is no such limit."""
        return None if self._most == inf else int(self._most)

    @property
    def day_cap(self) -> int | None:
        """The units of the smallest whole day: a message that needs more may never go. None if there is no such limit."""
        return min((rule.per_day for rule in self._rules if not rule.apart and rule.per_day), default=None)

    def closed(self, scope: str) -> list[str]:
        """The countries or prefixes to which nothing more may go today."""
        return [area.subject for area in self._closed.values() if area.scope == scope]

    def take(self, messages: int, deadline: str | None) -> Allowance:
        """Take units for up to `messages` messages; `deadline` is that of the next one, as PostgreSQL writes it."""
        self._read_rules()
        if not self._rules:
            return Allowance()
        rates = (rule.per_second for rule in self._rules if rule.per_second is not None)
        want = ceil(min(messages * self._units_each, *(rate * AT_ONCE for rate in rates), inf))
        taken = self._take(want, deadline)
        common = [taken[rule.key] for rule in self._rules if not rule.apart]
        apart = [rule for rule in self._rules if rule.apart]
        units = min((row.gets for row in common), default=want)
        wait = max((row.opens_in for row in common), default=0.0)
        self._free_at = time.monotonic() + (max(wait, PAUSE) if units < want else 0.0)
        self._day_ends_at = time.monotonic() + min(
            (row.day_ends_in for row in common if row.day_ends_in), default=inf
        )
        left_over = min((row.left_over for row in common if row.left_over is not None), default=inf)
        allowance = Allowance(units, left_over, [self._area(rule, taken[rule.key]) for rule in apart])
        if allowance.left > self._most:  # another day, or something came back
            self._most = inf
        return allowance

    def settle(self, allowance: Allowance, messages: int) -> None:
        """Note what a claim of `messages` messages has used of its allowance: the rest goes back with the next take."""
        if messages:
            self._units_each = allowance.used[EVERY] / messages
        if allowance.too_long:
            self._most = allowance.left - allowance.used[EVERY]
        for area in allowance.passed:
            self._closed[area.key] = area
        self._note(allowance.used, -1)

    def give_back(self, cost: Counter[str]) -> None:
        """Note that messages with this cost were not sent after all."""
        self._note(cost, 1)

    def close(self) -> None:
        """Put back what was taken and not used."""
        if any(self._unused.values()):
            self._take(0, None)

    def _area(self, rule: Row[Any], taken: Row[Any]) -> Area:
        opens_at = time.monotonic() + taken.day_ends_in
        area = Area(rule.key, rule.scope, rule.subject, taken.gets, taken.left_over, opens_at)
        closed = self._closed.get(rule.key)
        if area.left < 1 or (closed is not None and area.left <= closed.left):
            self._closed[rule.key] = area
        else:
            self._closed.pop(rule.key, None)
        return area

    def _note(self, cost: Counter[str], sign: int) -> None:
        for rule in self._rules:
            self._unused[rule.key] += sign * cost[rule.key if rule.apart else EVERY]

    def _read_rules(self) -> None:
        if time.monotonic() < self._read_at + FRESH:
            return
        before = {rule.key for rule in self._rules}
        self._rules = self._database.all(sql("steps/dispatch/limits/rules"), self._lane)
        self._read_at = time.monotonic()
        keys = {rule.key for rule in self._rules}
        if keys - before:
            self._database.run(sql("steps/dispatch/limits/forget_shares"), {"keys": [*keys]})
            self._database.run(sql("steps/dispatch/limits/buckets"), {"keys": [*keys]})

    def _take(self, want: int, deadline: str | None) -> dict[str, Row[Any]]:
        """Put back what was not used and take anew. It waits for the disk: what the lane remembers, the bucket must remember after a crash."""
        rules, back = self._rules, self._unused
        # If the answer is lost, nothing is put back twice.
        self._unused = Counter({key: min(0, units) for key, units in back.items()})
        columns = {
            "packet_id": self._packet_id,
            "deadline": deadline,
            "want": want,
            "keys": [rule.key for rule in rules],
            "rates": [rule.per_second for rule in rules],
            "caps": [rule.per_day for rule in rules],
            "zones": [rule.zone for rule in rules],
            "apart": [rule.apart for rule in rules],
            "back": [back[rule.key] for rule in rules],
        }
        *_, rows = self._database.together(
            [
                (sql("steps/dispatch/limits/lock"), columns),
                (sql("steps/dispatch/limits/take"), columns),
            ]
        )
        taken = {row.key: row for row in rows}
        self._unused = Counter({key: row.gets for key, row in taken.items()})
        return taken
