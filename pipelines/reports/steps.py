"""The timeline of a packet: its seven steps, each with its last entry in the journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pipelines.language import Sentence
from pipelines.reports.clock import elapsed
from pipelines.reports.marks import STEPS as MARKS
from pipelines.states import STEPS, StepState

MIN_FORECAST_SHARE = 0.05  # of the rows; with fewer done, a forecast would jump


@dataclass(frozen=True)
class Attempt:
    """The last attempt of one step, or of one lane of dispatch."""

    step: str
    lane: str
    attempt: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    rows_expected: int | None
    rows_done: int
    rows_in: int | None
    rows_out: int | None
    rows_held: int | None
    rows_sent: int  # by all tries of this lane together
    error: Sentence | None
    note: Sentence | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of sql/reports/packet/steps."""
        facts = dict(row)
        error = Sentence.read(facts.pop("error_code"), facts.pop("error_params"))
        note = Sentence.from_json(**facts["note"]) if facts["note"] else None
        return cls(**{**facts, "error": error, "note": note})

    @property
    def mark(self) -> str:
        return MARKS[StepState(self.state)]

    @property
    def seconds(self) -> float:
        return elapsed(self.started_at, self.ended_at)


@dataclass(frozen=True)
class Step:
    """One row of the timeline. `tries` has one entry per lane if lanes work in parallel.

    `whole` is how many rows the previous step passed on, for lanes: a lane knows only what it has claimed so far.
    """

    name: str
    tries: list[Attempt] = field(default_factory=list)
    skipped: bool = False  # there was nothing to do, and the run went on after it
    whole: int | None = None

    @property
    def mark(self) -> str:
        if self.skipped:
            return "done"
        marks = {one.mark for one in self.tries}
        return next((mark for mark in ("needs", "moving", "done") if mark in marks), "waiting")

    @property
    def lanes(self) -> list[Attempt]:
        return [one for one in self.tries if one.lane]

    @property
    def seconds(self) -> float | None:
        """From the first start to the last end, or up to now while it runs."""
        if not self.tries:
            return None
        ends = [one.ended_at for one in self.tries if one.ended_at]
        last = max(ends) if len(ends) == len(self.tries) else None
        return elapsed(min(one.started_at for one in self.tries), last)

    @property
    def rows_in(self) -> int | None:
        return self._sum("rows_in")

    @property
    def rows_out(self) -> int | None:
        return self._sum("rows_out")

    @property
    def rows_held(self) -> int | None:
        return self._sum("rows_held")

    @property
    def rows_done(self) -> int:
        return sum(one.rows_done for one in self.tries)

    @property
    def rows_expected(self) -> int | None:
        """The number of rows to do; None while any lane does not know its share."""
        if self.whole is not None:
            return self.whole
        parts = [one.rows_expected if one.rows_expected is not None else one.rows_in for one in self.tries]
        return None if not parts or None in parts else sum(part for part in parts if part is not None)

    @property
    def seconds_left(self) -> float | None:
        """A forecast from the rate so far; None while too few rows are done."""
        expected, done, seconds = self.rows_expected, self.rows_done, self.seconds
        if not expected or not seconds or done < expected * MIN_FORECAST_SHARE:
            return None
        return max(0.0, seconds * (expected - done) / done)

    @property
    def attempt(self) -> int:
        return max((one.attempt for one in self.tries), default=0)

    @property
    def error(self) -> Sentence | None:
        return next((one.error for one in self.tries if one.mark == "needs"), None)

    @property
    def note(self) -> Sentence | None:
        return next((one.note for one in self.tries if one.note), None)

    def _sum(self, name: str) -> int | None:
        values = [value for one in self.tries if (value := getattr(one, name)) is not None]
        return sum(values) if values else None


def timeline(rows: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The seven steps in order. An attempt from before an earlier step was rerun does not count: its output is gone."""
    tries: dict[str, list[Attempt]] = {name: [] for name in STEPS}
    for row in rows:
        tries[row["step"]].append(Attempt.of(row))
    steps: list[Step] = []
    rerun_at: datetime | None = None
    for name in STEPS:
        valid = [one for one in tries[name] if rerun_at is None or one.started_at >= rerun_at]
        steps.append(Step(name, valid, whole=_whole(steps, valid)))
        # A step whose output was kept changes nothing for the steps after it.
        changed = [one.started_at for one in valid if one.state != StepState.KEPT]
        rerun_at = max([*changed, *([rerun_at] if rerun_at else [])], default=None)
    return [
        Step(step.name, skipped=True) if not step.tries and _was_skipped(steps, place) else step
        for place, step in enumerate(steps)
    ]


def _whole(before: list[Step], tries: list[Attempt]) -> int | None:
    """The rows that the previous step passed on, for lanes at their first attempt; a later attempt takes only what is left."""
    first = [one for one in tries if one.lane and one.attempt == 1]
    return before[-1].rows_out if first and len(first) == len(tries) else None


def _was_skipped(steps: list[Step], place: int) -> bool:
    """Whether the run went on after this step because there was nothing to do, and not because an earlier step failed."""
    failed = any(step.mark == "needs" for step in steps[:place])
    return not failed and any(step.tries for step in steps[place + 1 :])
