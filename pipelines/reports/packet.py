"""The page of one packet: the file, its steps, where its rows are, and what is held."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import RowMapping

from pipelines.errors import NotFound
from pipelines.language import Sentence
from pipelines.language.vocabulary import outcome_of
from pipelines.reports.messages import Counts, MessageFilter
from pipelines.reports.needs import Need, needs_of
from pipelines.reports.quality import QualityResult
from pipelines.reports.steps import Step, timeline
from pipelines.states import PREPARE_STEPS, Outcome, PacketState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MOVING = frozenset({PacketState.RECEIVED, PacketState.PREPARING, PacketState.SENDING})
MAX_COUNTED = 50_000  # messages whose deliveries may be counted while somebody watches


@dataclass(frozen=True)
class Packet:
    """One uploaded file and what is known of it. `total` is None until its rows were accounted for; `goes_on_at` says when the sending goes
    on that waits now, for messages to become due or for a provider.

    `needs` says what of it needs somebody, the most telling first.
    """

    id: UUID
    file_name: str
    state: str
    problem: Sentence | None
    received_at: datetime
    settled_at: datetime | None
    source: str
    submitted_by: str
    bytes: int
    md5: str
    sha256: str
    header: list[str] | None
    dialect: dict[str, Any] | None
    run_id: str | None
    campaign: str
    campaign_version: int
    client_id: UUID
    client: str
    time_zone: str
    total: dict[str, Any] | None
    goes_on_at: datetime | None
    needs: list[Need]

    @property
    def moving(self) -> bool:
        return self.state in MOVING and not any(need.is_stalled for need in self.needs)

    @property
    def for_support(self) -> list[Need]:
        """What needs somebody other than the client, or keeps the packet from being finished."""
        return [need for need in self.needs if need.for_support]

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        """The packet. Raises NotFound, also when it belongs to somebody else (S1)."""
        row = uow.execute(sql("reports/packet/packet"), {"packet_id": packet_id}).mappings().one_or_none()
        if row is None:
            raise NotFound("no_such_packet", packet=str(packet_id))
        facts = dict(row)
        problem = Sentence.read(facts.pop("problem_code"), facts.pop("problem_params"))
        return cls(**{**facts, "problem": problem, "needs": needs_of(row["needs"])})


@dataclass(frozen=True)
class Part:
    """One term of the sum of a packet's rows: `name` is an outcome, and `words` say it of so many rows."""

    name: str
    rows: int
    words: Sentence


@dataclass(frozen=True)
class Reason:
    """Rows that are held for the same reason. `code` is that of the rows, also where `sentence` speaks of several rows at once."""

    code: str
    column_name: str | None
    sentence: Sentence
    rows: int

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """The reason of a row of the statement."""
        why = Sentence.from_json(row["code"], row["params"])
        if row["various"] and row["code"] == "duplicate":
            why = Sentence("duplicates")
        return cls(row["code"], row["column_name"], why, row["rows"])


@dataclass(frozen=True)
class Delivery:
    """What the provider of a channel has taken, and what it has reported of these messages so far."""

    channel: str
    taken: int
    delivered: int
    undelivered: int
    unknown: int


@dataclass(frozen=True)
class Balance:
    """The conservation law of a packet (B6): `rows_in` is the sum of the parts, at every moment."""

    rows_in: int
    parts: list[Part]
    final: bool

    @property
    def sentence(self) -> Sentence:
        """The law in words: 10 rows = 9 sent + 1 held."""
        parts = [
            Sentence("rows_with_outcome", {"n": part.rows, "outcome": part.words}) for part in self.parts
        ]
        return Sentence("rows_add_up", {"n": self.rows_in, "parts": parts})

    def rows(self, name: str) -> int:
        return next((part.rows for part in self.parts if part.name == name), 0)


ALWAYS = frozenset({Outcome.SENT, Outcome.HELD})  # shown also when no row has them


def balance(packet: Packet, steps: list[Step]) -> Balance | None:
    """The totals once they are settled; before that what the journal knows. None until the file was read."""
    if packet.total is not None:
        parts = [_part(packet, outcome, packet.total[outcome]) for outcome in Outcome]
        shown = [part for part in parts if part.rows or part.name in ALWAYS]
        return Balance(packet.total["rows_in"], shown, packet.total["waiting"] == 0)
    by_name = {step.name: step for step in steps}
    if by_name["load"].rows_in is None:
        return None
    rows_in = by_name["load"].rows_in
    held = min(
        rows_in,
        sum(by_name[name].rows_held or 0 for name in PREPARE_STEPS),
    )
    sent = min(rows_in - held, sum(one.rows_sent for one in by_name["dispatch"].tries))
    rows = {Outcome.SENT: sent, Outcome.HELD: held, Outcome.WAITING: rows_in - held - sent}
    return Balance(rows_in, [_part(packet, outcome, count) for outcome, count in rows.items()], False)


def _part(packet: Packet, outcome: Outcome, rows: int) -> Part:
    return Part(
        outcome.value,
        rows,
        _waiting(packet, rows) if outcome == Outcome.WAITING else outcome_of(rows, outcome),
    )


def _waiting(packet: Packet, rows: int) -> Sentence:
    """What is the matter with the rows that have no outcome yet."""
    if packet.moving:
        return outcome_of(rows, Outcome.WAITING)
    if packet.state == PacketState.SETTLED and any(need.code == "unknown" for need in packet.needs):
        return Sentence("waiting_unknown", {"n": rows})
    return Sentence("waiting_unsent", {"n": rows})


@dataclass(frozen=True)
class PacketPage:
    """Everything the page shows, as of one moment. `version` changes when any of it may have."""

    packet: Packet
    steps: list[Step]
    balance: Balance | None
    quality: QualityResult | None
    reasons: list[Reason]
    deliveries: list[Delivery]
    version: str

    @property
    def resume_from(self) -> str:
        """The step from which a packet that stands still goes on: the first prepare step that did not end well, else dispatch."""
        return next(
            (step.name for step in self.steps if step.name in PREPARE_STEPS and step.mark != "done"),
            "dispatch",
        )

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        """Raises NotFound."""
        asked = {"packet_id": packet_id}
        packet = Packet.read(uow, packet_id)
        version = uow.scalar(sql("reports/packet/version"), asked)
        steps = timeline(dict(row) for row in uow.execute(sql("reports/packet/steps"), asked).mappings())
        rows = balance(packet, steps)
        held = rows is not None and rows.rows("held") > 0
        few = rows is not None and rows.rows_in <= MAX_COUNTED
        return cls(
            packet,
            steps,
            rows,
            QualityResult.read(uow, packet_id),
            [Reason.of(row) for row in uow.execute(sql("reports/packet/held_reasons"), asked).mappings()]
            if held
            else [],
            deliveries(Counts.read(uow, packet_id)) if few else [],
            version,
        )


def deliveries(counts: Counts) -> list[Delivery]:
    """One for each channel that the packet has messages of."""
    return [
        Delivery(
            channel,
            *(
                counts.of(MessageFilter(shown, channel))
                for shown in ("sent", "delivered", "undelivered", "unknown")
            ),
        )
        for channel in counts.channels
    ]


def version_of(uow: UnitOfWork, packet_id: UUID) -> str:
    """The word that changes when the page would. Raises NotFound."""
    version: str | None = uow.scalar(sql("reports/packet/version"), {"packet_id": packet_id})
    if version is None:
        raise NotFound("no_such_packet", packet=str(packet_id))
    return version
