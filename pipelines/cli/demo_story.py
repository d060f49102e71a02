"""What the demo shows besides sending: an estimate, a pause while messages go out, people who answer, the bill and the proof of the ledger."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import requests
from rich.console import Console

from pipelines.actions.billing.verify_ledger import verify_ledger
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.subjects import packet_of
from pipelines.actions.people.read_replies import read_replies
from pipelines.cli.plain import plain
from pipelines.cli.proof import compare_books
from pipelines.cli.sandbox import reply_as
from pipelines.cli.tell import tell
from pipelines.cli.watch import follow, problem_of
from pipelines.consent.suppression import why_refused
from pipelines.errors import StepFailed
from pipelines.language.vocabulary import packet_state, reply_kind, why_suppressed
from pipelines.launcher.system import System
from pipelines.reports.messages import Counts
from pipelines.reports.packet import Packet, PacketPage
from pipelines.reports.replies import ReplyCounts
from pipelines.states import OUTCOME_OF, MessageState, Outcome
from pipelines.store.unit_of_work import UnitOfWork

ANSWERS = ("C", "STOP")
STOPS = ANSWERS.index("STOP")
FIRST = 20  # messages that are out when the packet is paused
CALL_SECONDS = 0.5  # of each call to a provider until then: most of the packet is still to come
LOOK_EVERY = 0.1  # seconds
MAX_SECONDS = 300  # for the packet
ANSWER_SECONDS = 20.0  # until all answers are read


def prepare(system: System, packet_id: UUID, console: Console) -> None:
    """Follow the packet, which was sent paused, until it waits, and say what it will cost."""
    page = follow(system.packetboat.engine("app"), packet_id, console, seconds=MAX_SECONDS)
    if not page.packet.waits:
        if page.packet.problem:
            raise StepFailed(page.packet.problem)
        raise StepFailed("packet_does_not_wait")
    for one in page.packet.pauses:
        console.print(plain(f"\n{tell(one.sentence(page.packet.time_zone))}"))
    if page.bill:
        console.print(plain(tell(page.bill.expected)))


def interrupt(system: System, packet_id: UUID, console: Console) -> None:
    """Begin to send, pause the packet once the first messages are out, and show that the rest waits."""
    engine = system.packetboat.engine("app")
    with _slow_providers(system):
        _resume(system, packet_id)
        console.print("\nSending begins, with slow providers for the moment.")
        _messages(system, packet_id, lambda states: _out(states) >= FIRST)
        pause(engine, None, packet_of(packet_id), by="demo", reason="a look while it is under way")
        states = _messages(system, packet_id, lambda states: not states[MessageState.SENDING])
    with UnitOfWork(engine, every_client=True) as uow:
        packet = Packet.read(uow, packet_id)
    for one in packet.pauses:
        console.print(plain(tell(one.sentence(packet.time_zone))))
    arrived = compare_books(engine, system.settings, packet_id)
    console.print(f"The sandbox has {len(arrived):,} messages; {states[MessageState.READY]:,} wait.")


def send(system: System, packet_id: UUID, console: Console) -> PacketPage:
    """Resume the packet and follow it until every row is accounted for. Raises StepFailed when it does not end well."""
    _resume(system, packet_id)
    console.print("Resumed.\n")
    page = follow(system.packetboat.engine("app"), packet_id, console, seconds=MAX_SECONDS)
    if problem := problem_of(page.packet):
        raise StepFailed(problem)
    return page


def answer(system: System, packet_id: UUID, arrived: Sequence[dict[str, Any]], console: Console) -> None:
    """Let people in the sandbox answer by SMS, and say how their answers were read. `arrived` are the packet's messages.

    Raises StepFailed if the one who says STOP may still be sent to.
    """
    people = sorted({message["to"] for message in arrived if message["channel"] == "sms"})
    for address, text in zip(people, ANSWERS, strict=False):
        reply_as(system.settings, address, text, channel="sms")
    counts = _read(system, packet_id, len(ANSWERS))
    console.print(f"\n{len(ANSWERS)} people answer: {' and '.join(ANSWERS)}.")
    for kind, number in counts.people.items():
        console.print(plain(f"  {tell(reply_kind(kind))}: {number}"))
    console.print(
        plain(f"Nothing more is sent to {people[STOPS]}: {_why_refused(system, packet_id, people[STOPS])}.")
    )


def account(system: System, packet_id: UUID, console: Console) -> None:
    """Print the bill of the packet and prove the ledger. Raises StepFailed if it does not add up."""
    with UnitOfWork(system.packetboat.engine("app"), every_client=True) as uow:
        bill = PacketPage.read(uow, packet_id).bill
    if bill:
        console.print(plain(f"\nThe bill: {tell(bill.sentence)}"))
    if verify_ledger(system.packetboat.engine("worker")):
        raise StepFailed("ledger_does_not_add_up")
    console.print("The ledger adds up.")


def _read(system: System, packet_id: UUID, wanted: int) -> ReplyCounts:
    """The packet's answers once `wanted` are read. The portal reads them as they come in; this also works without it."""
    engine, end = system.packetboat.engine("worker"), time.monotonic() + ANSWER_SECONDS
    while True:
        read_replies(engine)
        with UnitOfWork(engine, every_client=True) as uow:
            counts = ReplyCounts.read(uow, packet_id)
        if counts.total >= wanted:
            return counts
        if time.monotonic() > end:
            raise StepFailed("answers_not_read", seconds=round(ANSWER_SECONDS))
        time.sleep(0.25)


def _why_refused(system: System, packet_id: UUID, address: str) -> str:
    """Why the client of the packet may not send an SMS to this address, by the question that each claim asks."""
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        client_id = Packet.read(uow, packet_id).client_id
        reason = why_refused(uow, client_id, "sms", address)
    if reason is None:
        raise StepFailed("stop_without_effect")
    return tell(why_suppressed(reason))


def _resume(system: System, packet_id: UUID) -> None:
    boat = system.packetboat
    resume(boat.engine("app"), None, packet_of(packet_id), by="demo")
    relay_outbox(boat.engine("app"), boat.airflow())


@contextmanager
def _slow_providers(system: System) -> Iterator[None]:
    """Let each call to the sandbox's providers take a moment, so that a packet is under way for long enough to be paused."""
    url = f"{system.urls['sandbox']}/sandbox/faults"
    requests.post(url, json=[{"action": "delay", "seconds": CALL_SECONDS}], timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(url, timeout=10).raise_for_status()


def _messages(system: System, packet_id: UUID, enough: Callable[[Counter[str]], bool]) -> Counter[str]:
    """How many messages of the packet are in which state, once that is `enough`. Raises StepFailed when it takes too long."""
    engine, end = system.packetboat.engine("app"), time.monotonic() + MAX_SECONDS
    while True:
        with UnitOfWork(engine, every_client=True) as uow:
            states = Counter[str]()
            for (_, state), messages in Counts.read(uow, packet_id).by_state.items():
                states[state] += messages
            packet = Packet.read(uow, packet_id)
        if enough(states):
            return states
        if time.monotonic() > end:
            raise StepFailed("took_too_long", state=packet_state(packet.state), packet=str(packet_id))
        time.sleep(LOOK_EVERY)


def _out(states: Counter[str]) -> int:
    """How many messages the providers have accepted."""
    return sum(states[state] for state, outcome in OUTCOME_OF.items() if outcome == Outcome.SENT)
