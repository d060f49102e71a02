"""The page of one packet: its file, its steps, what became of its rows, and why rows are held."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pipelines.errors import NotFound
from pipelines.language import Sentence
from pipelines.language.vocabulary import outcome_of
from pipelines.reports.billing import Bill, Forwards
from pipelines.reports.breakers import OpenBreaker, breakers_of
from pipelines.reports.forecast import KeptForecast
from pipelines.reports.going_on import going_on
from pipelines.reports.messages import Counts, MessageFilter
from pipelines.reports.needs import Need, needs_of
from pipelines.reports.packet_rows import Balance, Part, Reason
from pipelines.reports.pauses import Pause, pauses_of
from pipelines.reports.quality import QualityResult
from pipelines.reports.steps import Step, timeline
from pipelines.reports.unknown import UnknownOfPacket
from pipelines.states import PREPARE_STEPS, Outcome, PacketState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MOVING = frozenset({PacketState.RECEIVED, PacketState.PREPARING, PacketState.SENDING})
MAX_COUNTED = 50_000  # rows; counting the messages of larger packets would delay the page


@dataclass(frozen=True)
class Packet:
    """One uploaded file. `total` is None until its rows are accounted for. `goes_on_at` is when sending resumes if it is waiting now,
    for messages to become due or for a provider; `next_due` messages become due then.

    `needs` are the reasons why somebody has to look at it, the most important first. `waits`: it is prepared, and only its `pauses` keep it.
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
    next_due: int | None
    pauses: list[Pause]
    waits: bool
    needs: list[Need]

    @property
    def goes_on(self) -> Sentence | None:
        """When sending goes on, if it waits for that alone."""
        return None if self.pauses else going_on(self.goes_on_at, self.next_due, self.time_zone)

    @property
    def moving(self) -> bool:
        return self.state in MOVING and not self.waits and not any(need.is_stalled for need in self.needs)

    @property
    def cancelled(self) -> bool:
        return any(pause.final for pause in self.pauses)

    @property
    def own_pause(self) -> Pause | None:
        """The packet's own pause, which a member of its client may end."""
        return next((pause for pause in self.pauses if pause.scope == "packet"), None)

    @property
    def may_be_paused(self) -> bool:
        """Whether something of it may still be sent, and it is not paused itself."""
        return self.state in {*MOVING, PacketState.AWAITING_CREDIT} and self.own_pause is None

    @property
    def may_be_cancelled(self) -> bool:
        """Whether anything is left that cancelling would keep from being sent."""
        return (
            self.state in {*MOVING, PacketState.AWAITING_CREDIT, PacketState.STOPPED} and not self.cancelled
        )

    @property
    def for_support(self) -> list[Need]:
        """The needs that are not for the client to fix."""
        return [need for need in self.needs if need.for_support]

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        """The packet. Raises NotFound, also when it belongs to another client (S1)."""
        row = uow.execute(sql("reports/packet/packet"), {"packet_id": packet_id}).mappings().one_or_none()
        if row is None:
            raise NotFound("no_such_packet", packet=str(packet_id))
        facts = dict(row)
        problem = Sentence.read(facts.pop("problem_code"), facts.pop("problem_params"))
        lists = {"needs": needs_of(row["needs"]), "pauses": pauses_of(row["pauses"])}
        return cls(**{**facts, "problem": problem, **lists})


@dataclass(frozen=True)
class Delivery:
    """How many messages of a channel the provider has accepted, and what it has reported about them so far."""

    channel: str
    taken: int
    delivered: int
    undelivered: int
    unknown: int


ALWAYS = frozenset({Outcome.SENT, Outcome.HELD})  # shown even when they are zero


def balance(packet: Packet, steps: list[Step]) -> Balance | None:
    """The settled totals; before that, an estimate from the journal. None until the file has been read."""
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
    words = _waiting(packet, rows) if outcome == Outcome.WAITING else outcome_of(rows, outcome)
    return Part(outcome.value, rows, words)


def _waiting(packet: Packet, rows: int) -> Sentence:
    """What is the matter with the rows that have no outcome yet."""
    if packet.moving or packet.waits:
        return outcome_of(rows, Outcome.WAITING)
    if packet.state == PacketState.SETTLED and any(
        need.code in {"unknown", "undecided"} for need in packet.needs
    ):
        return Sentence("waiting_unknown", {"n": rows})
    return Sentence("waiting_unsent", {"n": rows})


@dataclass(frozen=True)
class PacketPage:
    """Everything that the page shows. `version` changes whenever any of it may have changed."""

    packet: Packet
    steps: list[Step]
    balance: Balance | None
    quality: QualityResult | None
    reasons: list[Reason]
    deliveries: list[Delivery]
    bill: Bill | None
    forwards: list[Forwards]
    version: str
    unknown: UnknownOfPacket | None
    forecast: KeptForecast | None
    breakers: list[OpenBreaker]

    @property
    def goes_on(self) -> Sentence | None:
        """When sending goes on, unless that depends on a breaker, which says more itself."""
        return None if self.breakers and not self.packet.next_due else self.packet.goes_on

    @property
    def resume_from(self) -> str:
        """The step from which to resume a stalled packet: the first prepare step that is not done, else dispatch."""
        return next(
            (step.name for step in self.steps if step.name in PREPARE_STEPS and step.mark != "done"),
            "dispatch",
        )

    @property
    def forecast_sentences(self) -> list[Sentence]:
        """When it will be all out, and how many messages will miss their deadline; nothing if that is not known."""
        if any(not breaker.avoided and breaker.retry_at is None for breaker in self.breakers):
            return []
        begun = self.packet.state == PacketState.SENDING and not self.packet.pauses
        return self.forecast.sentences(self.packet.time_zone, begun=begun) if self.forecast else []

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        """Raises NotFound."""
        parameters = {"packet_id": packet_id}
        packet = Packet.read(uow, packet_id)
        version = uow.scalar(sql("reports/packet/version"), parameters)
        steps = timeline(dict(row) for row in uow.execute(sql("reports/packet/steps"), parameters).mappings())
        rows = balance(packet, steps)
        held = rows is not None and rows.rows("held") > 0
        few = rows is not None and rows.rows_in <= MAX_COUNTED
        return cls(
            packet,
            steps,
            rows,
            QualityResult.read(uow, packet_id),
            [Reason.of(row) for row in uow.execute(sql("reports/packet/held_reasons"), parameters).mappings()]
            if held
            else [],
            deliveries(Counts.read(uow, packet_id)) if few else [],
            Bill.read(uow, packet_id),
            Forwards.read(uow, packet_id),
            version,
            UnknownOfPacket.read(uow, packet_id)
            if any(need.code in {"unknown", "undecided"} for need in packet.needs)
            else None,
            KeptForecast.read(uow, packet_id) if packet.moving or packet.waits else None,
            breakers_of(uow, packet_id) if packet.state in MOVING and not packet.pauses else [],
        )


def deliveries(counts: Counts) -> list[Delivery]:
    """One for each channel that has messages."""
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
    """A value that changes whenever the page would. Raises NotFound."""
    version: str | None = uow.scalar(sql("reports/packet/version"), {"packet_id": packet_id})
    if version is None:
        raise NotFound("no_such_packet", packet=str(packet_id))
    return version
