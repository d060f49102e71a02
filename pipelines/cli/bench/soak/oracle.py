"""Compares our books with themselves, and with the journal of the simulated providers, which records each accepted message before it answers."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text

from pipelines.billing.proofs import differences
from pipelines.states import TAKEN, MessageState
from pipelines.store.unit_of_work import UnitOfWork

JOURNAL = "messages.jsonl"  # one line per accepted message, written before the call is answered
# The fates after which a person has not got the message, so that another attempt is right.
NOT_RECEIVED = frozenset({"unreachable"})
OPEN = frozenset({MessageState.READY, MessageState.SENDING, MessageState.UNKNOWN})
NEVER_SENT = frozenset({MessageState.EXPIRED, MessageState.SUPPRESSED, MessageState.CANCELLED})
_STATES = text("select address, state from message where packet_id = :packet_id")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`doubled`: messages beyond the first that a person got. `lost`: messages that we call sent and no provider has, or that a provider has
    and we call not sent. `unknown_left`: messages whose outcome is not known or that still wait.
    """

    lost: int
    doubled: int
    unknown_left: int
    states: dict[str, int]


def compare(engine: Engine, client_id: UUID, packet_id: UUID, sandbox: Path) -> Verdict:
    """The verdict on one packet in which every address occurs once; `sandbox` is the folder of its journal."""
    received: Counter[str] = Counter()
    accepted: set[str] = set()
    for to, fate in _accepted(sandbox):
        accepted.add(to)
        received[to] += fate not in NOT_RECEIVED
    with UnitOfWork(engine, client_id) as uow:
        rows = uow.all(_STATES, {"packet_id": packet_id})
    lost = sum(_is_lost(MessageState(row.state), row.address in accepted) for row in rows)
    states = Counter(str(row.state) for row in rows)
    return Verdict(
        lost=lost,
        doubled=sum(count - 1 for count in received.values() if count > 1),
        unknown_left=sum(states[state] for state in OPEN),
        states=dict(sorted(states.items())),
    )


def ledger_differences(engine: Engine) -> list[dict[str, str | int]]:
    """What contradicts a law of the ledger, as the proofs of `packetboat ledger` find it; empty when every law holds."""
    with UnitOfWork(engine, every_client=True) as uow:
        return [asdict(one) | {"client_id": str(one.client_id)} for one in differences(uow)]


def _accepted(sandbox: Path) -> Iterator[tuple[str, str]]:
    """The address and the fate of each message that the providers have accepted."""
    with (sandbox / JOURNAL).open() as journal:
        for line in journal:
            message = json.loads(line)
            yield message["to"], message["fate"]


def _is_lost(state: MessageState, accepted: bool) -> bool:
    """Whether our books contradict the provider's. A failed message may have been accepted first, or refused at once."""
    return not accepted if state in TAKEN else accepted and state in NEVER_SENT


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
