"""How much a lane may claim now: the units that its limits gave it, and what is left for single countries and prefixes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from sqlalchemy import Row

EVERY = ""  # the key under which a cost counts for all limits that hold for every message


@dataclass(frozen=True, slots=True)
class Area:
    """What may go today to a country, or to the numbers with a prefix; its next day begins at `opens_at` (seconds of `time.monotonic`).

    `units` are taken from its bucket, `key`; `left_over` more are left there, for all lanes.
    """

    key: str
    scope: str  # country | prefix
    subject: str
    units: int
    left_over: int
    opens_at: float

    @property
    def left(self) -> int:
        return self.units + self.left_over

    def covers(self, row: Row[Any]) -> bool:
        if self.scope == "country":
            return bool(row.country == self.subject)
        return bool(row.address.startswith(self.subject))


@dataclass(slots=True)
class Allowance:
    """`units` may be claimed, in the provider's units; `left_over` more are left of the day's caps.

    A message that needs more than one second allows may go as the first of a claim, and later claims wait for it. A day's cap is kept: the
    walk passes a message that needs more than is left of the day, so that shorter ones behind it go.
    """

    units: float = inf
    left_over: float = inf
    areas: list[Area] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    full: bool = False  # a message had no room: the walk stops before it
    too_long: int = 0  # messages that need more than is left of the day: the walk passes them
    passed: list[Area] = field(
        default_factory=list
    )  # where too little is left for a message: the walk passes it

    def cost_of(self, rows: Sequence[Row[Any]]) -> Counter[str]:
        """What these messages use up, by key; nothing without a limit. One that is suppressed, or waits for the next call, uses nothing."""
        if not self.is_limited:
            return Counter()
        sent = [row for row in rows if not (row.suppressed or row.again)]
        units = {area.key: sum(row.units for row in sent if area.covers(row)) for area in self.areas}
        return Counter(units | {EVERY: sum(row.units for row in sent)})

    @property
    def left(self) -> float:
        """What is left of the day, with what was taken."""
        return self.units + self.left_over

    @property
    def is_limited(self) -> bool:
        return self.units < inf or bool(self.areas)

    def admit(self, rows: Sequence[Row[Any]]) -> tuple[Sequence[Row[Any]], int]:
        """The rows that may be claimed, and how many rows from the first the walk may pass."""
        cost = self.cost_of(rows)
        if self._has_units(cost):  # nearly always: then no message needs a look of its own
            self.used += cost
            return rows, len(rows)
        return self._admit_one_by_one(rows)

    def _has_units(self, cost: Counter[str]) -> bool:
        fits = self.used[EVERY] + cost[EVERY] <= self.units
        return fits and all(self._would_use(area, cost) <= area.units for area in self.areas)

    def _admit_one_by_one(self, rows: Sequence[Row[Any]]) -> tuple[list[Row[Any]], int]:
        admitted: list[Row[Any]] = []
        for place, row in enumerate(rows):
            cost = self.cost_of([row])
            if self.used[EVERY] + cost[EVERY] > self.left:
                self.too_long += 1
                continue
            if self.used[EVERY] and self.used[EVERY] + cost[EVERY] > self.units:
                self.full = True
                return admitted, place
            if self.used[EVERY] and any(self._would_use(area, cost) > area.units for area in self.areas):
                self.full = True
                return admitted, place
            short = [area for area in self.areas if self._would_use(area, cost) > area.left]
            self.passed += short
            if not short:
                self.used += cost
                admitted.append(row)
        return admitted, len(rows)

    def _would_use(self, area: Area, cost: Counter[str]) -> int:
        return self.used[area.key] + cost[area.key]
