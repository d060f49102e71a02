"""One packet for a person: what it is, how far it is, what was held and why, and whether its rows add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row

from pipelines.actions.scope import seen_by
from pipelines.errors import NotFound
from pipelines.states import STEPS
from pipelines.store.sqlfile import sql


@dataclass(frozen=True, slots=True)
class StepLine:
    """The newest try of a step, or of one lane of dispatch."""

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
    error_code: str | None
    error: str | None
    note: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class Totals:
    """rows_in = sent + failed + held + suppressed + expired + cancelled + waiting; the database refuses anything else (B6)."""

    rows_in: int
    sent: int
    failed: int
    held: int
    suppressed: int
    expired: int
    cancelled: int
    waiting: int


@dataclass(frozen=True, slots=True)
class HeldReason:
    step: str
    rule: str
    rows: int
    sentence: str


@dataclass(frozen=True, slots=True)
class PacketStory:
    """`totals` is None until settle has added up; `messages` counts them by channel and state."""

    id: UUID
    client: str
    campaign: str
    state: str
    problem_code: str | None
    problem: str | None
    file_name: str
    source: str
    submitted_by: str
    bytes: int
    md5: str
    sha256: str
    run_id: str | None
    received_at: datetime
    settled_at: datetime | None
    totals: Totals | None
    steps: tuple[StepLine, ...]
    held: tuple[HeldReason, ...]
    messages: Mapping[str, Mapping[str, int]]


def packet_story(engine: Engine, client_id: UUID | None, packet_id: UUID) -> PacketStory:
    """The packet as it stands now. Raises NotFound, also for another client's packet."""
    parameters = {"packet_id": packet_id}
    with seen_by(engine, client_id) as uow:
        facts = uow.execute(sql("actions/packet_facts"), parameters).mappings().one_or_none()
        if facts is None:
            raise NotFound(f"There is no packet {packet_id}.")
        steps = uow.all(sql("actions/packet_steps"), parameters | {"steps": list(STEPS)})
        held = uow.all(sql("actions/held_reasons"), parameters)
        messages = uow.all(sql("actions/message_states"), parameters)
    totals = {name: facts[name] for name in Totals.__slots__}
    return PacketStory(
        **{name: value for name, value in facts.items() if name not in totals},
        totals=Totals(**totals) if totals["rows_in"] is not None else None,
        steps=tuple(StepLine(**row._mapping) for row in steps),  # noqa: SLF001 - SQLAlchemy's public name
        held=tuple(HeldReason(**row._mapping) for row in held),  # noqa: SLF001
        messages=_by_channel(messages),
    )


def _by_channel(rows: list[Row[Any]] | Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.channel, {})[row.state] = row.messages
    return found
