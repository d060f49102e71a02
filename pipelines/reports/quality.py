"""The result of a packet's quality check: each expectation in words with its counts and limit, and the profile of the fields."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pipelines.domain.campaign import Quality
from pipelines.domain.fields import BY_NAME
from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# The expectations of the suite; "filled" is followed by the name of its field.
EXPECTATIONS = ("usable_rows", "reachable", "filled", "not_in_the_past")


@dataclass(frozen=True)
class Expectation:
    """One expectation: `missed` of `rows` do not meet it, up to `allowed` may. A count that was not stored is None."""

    name: str
    words: Sentence
    missed_words: Sentence
    met: bool
    missed: int | None
    rows: int
    allowed: int | None


@dataclass(frozen=True)
class FieldProfile:
    """A field in the profiled rows: how many rows have it, the number of distinct values, how many cleaning changed, the shortest and
    longest value in characters, and the most frequent shapes (`A9 9A`) with their rows. `held` counts all rows held because of it.
    """

    field: str
    title: Sentence
    filled: int
    distinct: int
    changed: int
    held: int
    shortest: int
    longest: int
    shapes: tuple[tuple[str, int], ...]

    @property
    def length(self) -> str:
        """From the shortest to the longest, `5-12` with an en dash; empty if no row has the field."""
        if not self.filled:
            return ""
        return str(self.shortest) if self.shortest == self.longest else f"{self.shortest}\u2013{self.longest}"


@dataclass(frozen=True)
class Profile:
    """What the fields of a packet look like. `rows` is how many usable rows were profiled: a random sample if there are many."""

    version: int
    rows: int
    fields: list[FieldProfile]

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """From what the check step stored, in the schema of `pipelines/steps/check/profile.py`."""
        fields = [
            FieldProfile(**one | {"title": _title(one["field"]), "shapes": _shapes(one["shapes"])})
            for one in stored["fields"]
        ]
        return cls(stored["version"], stored["rows"], fields)


@dataclass(frozen=True)
class QualityResult:
    """Unless `success`, the first expectation that is not met stopped the packet."""

    success: bool
    created_at: datetime
    expectations: list[Expectation]
    profile: Profile | None

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self | None:
        """The result; None if the check has not run yet."""
        row = uow.execute(sql("reports/packet/quality"), {"packet_id": packet_id}).one_or_none()
        if row is None:
            return None
        profile = row.result.get("profile")
        expectations = [_expectation(row.result, one) for one in row.result["expectations"]]
        return cls(row.success, row.created_at, expectations, Profile.from_json(profile) if profile else None)


def _title(field: str) -> Sentence:
    return Sentence(f"field_{field}", {"text": BY_NAME[field].title if field in BY_NAME else field})


def _shapes(stored: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((one["shape"], one["rows"]) for one in stored)


def _expectation(result: Mapping[str, Any], one: Mapping[str, Any]) -> Expectation:
    kind, _, field = one["name"].partition(":")
    missed, rows = _counts(result, one)
    return Expectation(
        name=one["name"],
        words=Sentence(f"expected_{kind}", {"field": _title(field)} if field else {}),
        missed_words=Sentence(f"missed_{kind}"),
        met=one["success"],
        missed=missed,
        rows=rows,
        allowed=_allowed(result, kind, field, rows),
    )


def _counts(result: Mapping[str, Any], one: Mapping[str, Any]) -> tuple[int | None, int]:
    """How many rows do not meet the expectation, and how many were checked: rows with an empty cell have no date to check."""
    if one["name"] == "usable_rows":
        return result["rows"] - result["usable"], result["rows"]
    if "element_count" in one:
        return one["unexpected_count"], one["element_count"] - one.get("missing_count", 0)
    return (0 if one["success"] else None), result["usable"]


def _allowed(result: Mapping[str, Any], kind: str, field: str, rows: int) -> int | None:
    """How many rows may fail the expectation, by the thresholds at the time of the check."""
    if "limits" not in result:
        return None
    limits = Quality(**result["limits"])
    shares = {
        "usable_rows": limits.max_held_share,
        "reachable": 0.0,
        "filled": 1 - limits.min_filled.get(field, 0.0),
        "not_in_the_past": limits.max_past_share,
    }
    maximum = rows - 1 if kind == "usable_rows" else rows
    return min(maximum, math.floor(rows * shares[kind] + 1e-9))
