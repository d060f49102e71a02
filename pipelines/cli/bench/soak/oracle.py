"""Compares our books with themselves, and with the journal of the simulated providers, which records each accepted message before it answers."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from pipelines.actions.packets.recount_packets import find_flaws
from pipelines.billing.proofs import differences, packet_differences
from pipelines.cli.bench.setting import PRICE_MINOR
from pipelines.domain.gsm import parts
from pipelines.states import OUTCOME_OF, TAKEN, MessageState, Outcome, PacketState
from pipelines.store.unit_of_work import UnitOfWork

JOURNAL = "messages.jsonl"  # one line per accepted message, written before the call is answered
# The fates after which a person has not got the message, so that another attempt is right.
NOT_RECEIVED = frozenset({"unreachable"})
FAILING = NOT_RECEIVED | {"unknown-number", "filtered"}  # the fates that end in a report of failure
OPEN = frozenset({MessageState.READY, MessageState.SENDING, MessageState.UNKNOWN})
_STATES = text("select address, state from message where packet_id = :packet_id")
_PACKET = text(
    "select data_packet.state, packet_total.* from data_packet left join packet_total on packet_total.packet_id = data_packet.id"
    " where data_packet.id = :packet_id"
)
_SPENT = text(
    "select coalesce(sum(entry.amount_minor), 0) from entry join account on account.id = entry.account_id"
    " join journal on journal.id = entry.journal_id where account.kind = 'spent' and journal.packet_id = :packet_id"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`doubled`: messages beyond the first that a person got. `lost`: messages that ended without a provider having them, or in a state that
    nothing in its journal explains. `unknown_left`: messages whose outcome is not known or that still wait.
    """

    lost: int
    doubled: int
    unknown_left: int
    states: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled or left unknown."""
        return not (self.lost or self.doubled or self.unknown_left)


@dataclass(frozen=True, slots=True)
class Money:
    """`spent_minor`: what the ledger charged for the packet. `accepted_minor`: the price of the segments that the providers' journal has of
    the messages that we call sent. `ledger_differences`: what contradicts a law of the ledger; empty when every law holds.
    """

    spent_minor: int
    accepted_minor: int
    ledger_differences: list[dict[str, str | int]]

    @property
    def holds(self) -> bool:
        """Whether money was spent, exactly what was accepted, and the ledger adds up."""
        return 0 < self.spent_minor == self.accepted_minor and not self.ledger_differences


@dataclass(frozen=True, slots=True)
class Balance:
    """`imbalance`: where a packet contradicts itself, or is not settled: what was expected and what is there; empty when all adds up."""

    imbalance: list[dict[str, str | int]]

    @property
    def holds(self) -> bool:
        """Whether every row is accounted for once."""
        return not self.imbalance


def compare(engine: Engine, client_id: UUID, packet_id: UUID, sandbox: Path) -> Verdict:
    """The verdict on one packet in which every address occurs once; `sandbox` is the folder of its journal."""
    received: Counter[str] = Counter()
    fates: defaultdict[str, set[str]] = defaultdict(set)
    for message in _accepted(sandbox):
        fates[message["to"]].add(message["fate"])
        received[message["to"]] += message["fate"] not in NOT_RECEIVED
    with UnitOfWork(engine, client_id) as uow:
        rows = uow.all(_STATES, {"packet_id": packet_id})
    states = Counter(str(row.state) for row in rows)
    return Verdict(
        lost=sum(_is_lost(MessageState(row.state), fates[row.address]) for row in rows),
        doubled=sum(count - 1 for count in received.values() if count > 1),
        unknown_left=sum(states[state] for state in OPEN),
        states=dict(sorted(states.items())),
    )


def audit(engine: Engine, client_id: UUID, packet_id: UUID, sandbox: Path) -> Money:
    """What one packet cost, by our ledger and by the providers' journal, and all differences that the proofs find in the client's."""
    prices = {
        message["to"]: parts(message["content"]["body"]).segments * PRICE_MINOR
        for message in _accepted(sandbox)
    }
    with UnitOfWork(engine, client_id) as uow:
        rows = uow.all(_STATES, {"packet_id": packet_id})
        spent = uow.scalar(_SPENT, {"packet_id": packet_id})
        found = [asdict(one) for one in differences(uow)]
        found += [row._asdict() for row in packet_differences(uow, [packet_id])]
    return Money(
        spent_minor=int(spent),
        accepted_minor=sum(prices.get(row.address, 0) for row in rows if row.state in TAKEN),
        ledger_differences=[
            {name: value if isinstance(value, int) else str(value) for name, value in one.items()}
            for one in found
        ],
    )


def weigh(engine: Engine, client_id: UUID, packet_id: UUID, rows: int) -> Balance:
    """Whether a packet of `rows` rows, each with one message, is conserved: counted here from its messages, by its totals, and by a recount."""
    with UnitOfWork(engine, client_id) as uow:
        outcomes = Counter(
            OUTCOME_OF[MessageState(row.state)] for row in uow.all(_STATES, {"packet_id": packet_id})
        )
        packet = uow.one(_PACKET, {"packet_id": packet_id})._asdict()
        flaws = {flaw.code: flaw.cases for flaw in find_flaws(uow, [packet_id])}
    expected: dict[str, str | int] = {"state": PacketState.SETTLED.value, "messages": rows, "rows_in": rows}
    expected |= {outcome.value: outcomes[outcome] for outcome in Outcome}
    actual: dict[str, Any] = packet | {"messages": outcomes.total()} | flaws
    return Balance(
        [
            {"what": what, "expected": expected.get(what, 0), "actual": actual[what] or 0}
            for what in (*expected, *flaws)
            if (actual[what] or 0) != expected.get(what, 0)
        ]
    )


def _accepted(sandbox: Path) -> Iterator[dict[str, Any]]:
    """The messages that the providers have accepted, as they are in their journal."""
    with (sandbox / JOURNAL).open() as journal:
        yield from map(json.loads, journal)


def _is_lost(state: MessageState, fates: Collection[str]) -> bool:
    """Whether a message ended in a way that the provider's journal, in which its address had these fates, does not explain.

    A soak asks nobody to be left out, and its providers refuse nobody for good: nothing may be expired, suppressed or cancelled, and what
    failed was accepted and then reported as failed.
    """
    if state in OPEN:
        return False
    if state == MessageState.FAILED:
        return not fates or not FAILING.issuperset(fates)
    return state not in TAKEN or not fates


class Progress:
    """How many messages the providers have accepted so far, read from the end of the journal."""

    def __init__(self, sandbox: Path) -> None:
        self._path, self._read, self._accepted = sandbox / JOURNAL, 0, 0

    @property
    def accepted(self) -> int:
        if self._path.exists():
            with self._path.open("rb") as journal:
                journal.seek(self._read)
                data = journal.read()
            self._read += len(data)
            self._accepted += data.count(b"\n")
        return self._accepted
