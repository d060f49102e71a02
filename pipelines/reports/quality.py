"""What the quality check kept of a packet: each expectation in plain words, with its counts and what the feed allows, and its profile."""

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
    """One expectation: `missed` of `rows` do not meet it, and `allowed` of them may. A count is None where it was not kept."""

    name: str
    words: Sentence
    missed_words: Sentence
    met: bool
    missed: int | None
    rows: int
    allowed: int | None


@dataclass(frozen=True)
class FieldProfile:
    """A field of the rows that were looked at: how many have it, how many values differ, how many cleaning changed, the length in
    characters, and the most frequent shapes (`A9 9A`) with their rows. `held` counts all rows that are held for it.
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
        """From the shortest to the longest: `5-12` with a dash; empty where no row has the field."""
        if not self.filled:
            return ""
        return str(self.shortest) if self.shortest == self.longest else f"{self.shortest}\u2013{self.longest}"


@dataclass(frozen=True)
class Profile:
    """What the fields of a packet look like. `rows` is how many of the usable rows were looked at: of many, some at random."""

    version: int
    rows: int
    fields: list[FieldProfile]

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what the check step has kept, in the schema of `pipelines/steps/check/profile.py`."""
        fields = [
            FieldProfile(**one | {"title": _title(one["field"]), "shapes": _shapes(one["shapes"])})
            for one in kept["fields"]
        ]
        return cls(kept["version"], kept["rows"], fields)


@dataclass(frozen=True)
class QualityResult:
    """Unless `success`, the packet was stopped by the first expectation that is not met."""

    success: bool
    created_at: datetime
    expectations: list[Expectation]
    profile: Profile | None

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self | None:
        """The result; None as long as the check has not run."""
        row = uow.execute(sql("reports/packet/quality"), {"packet_id": packet_id}).one_or_none()
        if row is None:
            return None
        kept = row.result.get("profile")
        expectations = [_expectation(row.result, one) for one in row.result["expectations"]]
        return cls(row.success, row.created_at, expectations, Profile.from_json(kept) if kept else None)


def _title(field: str) -> Sentence:
    return Sentence(f"field_{field}", {"text": BY_NAME[field].title if field in BY_NAME else field})


def _shapes(kept: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((one["shape"], one["rows"]) for one in kept)


def _expectation(kept: Mapping[str, Any], one: Mapping[str, Any]) -> Expectation:
    kind, _, field = one["name"].partition(":")
    missed, rows = _counts(kept, one)
    return Expectation(
        name=one["name"],
        words=Sentence(f"expected_{kind}", {"field": _title(field)} if field else {}),
        missed_words=Sentence(f"missed_{kind}"),
        met=one["success"],
        missed=missed,
        rows=rows,
        allowed=_allowed(kept, kind, field, rows),
    )


def _counts(kept: Mapping[str, Any], one: Mapping[str, Any]) -> tuple[int | None, int]:
    """How many rows miss the expectation, and how many it looked at: those whose cell is empty have no date to judge."""
    if one["name"] == "usable_rows":
        return kept["rows"] - kept["usable"], kept["rows"]
    if "element_count" in one:
        return one["unexpected_count"], one["element_count"] - one.get("missing_count", 0)
    return (0 if one["success"] else None), kept["usable"]


def _allowed(kept: Mapping[str, Any], kind: str, field: str, rows: int) -> int | None:
    """How many rows may miss it, by the thresholds as they were when the check ran."""
    if "limits" not in kept:
        return None
    limits = Quality(**kept["limits"])
    shares = {
        "usable_rows": limits.max_held_share,
        "reachable": 0.0,
        "filled": 1 - limits.min_filled.get(field, 0.0),
        "not_in_the_past": limits.max_past_share,
    }
    most = rows - 1 if kind == "usable_rows" else rows
    return min(most, math.floor(rows * shares[kind] + 1e-9))
