"""What the demo shows besides sending: a packet that waits with its estimate, people who answer, the bill and the proof of the ledger."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rich.console import Console

from pipelines.actions.billing.verify_ledger import verify_ledger
from pipelines.actions.packets.pause import resume
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.subjects import packet_of
from pipelines.actions.people.read_replies import read_replies
from pipelines.cli.plain import plain
from pipelines.cli.sandbox import reply_as
from pipelines.cli.tell import tell
from pipelines.cli.watch import follow, problem_of
from pipelines.errors import StepFailed
from pipelines.language.vocabulary import reply_kind
from pipelines.launcher.system import System
from pipelines.reports.packet import PacketPage
from pipelines.reports.replies import ReplyCounts
from pipelines.store.unit_of_work import UnitOfWork

ANSWERS = ("C", "STOP")
MAX_SECONDS = 300  # for the packet
ANSWER_SECONDS = 20.0  # until all answers are read


def prepare(system: System, packet_id: UUID, console: Console) -> None:
    """Follow the packet, which was sent paused, until it waits, and say what it will cost."""
    page = follow(system.packetboat.engine("app"), packet_id, console, seconds=MAX_SECONDS)
    if not page.packet.waits:
        if page.packet.problem:
            raise StepFailed(page.packet.problem)
        raise StepFailed("packet_does_not_wait")
    for pause in page.packet.pauses:
        console.print(plain(f"\n{tell(pause.sentence(page.packet.time_zone))}"))
    if page.bill:
        console.print(plain(tell(page.bill.expected)))


def send(system: System, packet_id: UUID, console: Console) -> PacketPage:
    """Resume the packet and follow it until every row is accounted for. Raises StepFailed when it does not end well."""
    boat = system.packetboat
    resume(boat.engine("app"), None, packet_of(packet_id), by="demo")
    relay_outbox(boat.engine("app"), boat.airflow())
    console.print("Resumed.\n")
    page = follow(boat.engine("app"), packet_id, console, seconds=MAX_SECONDS)
    if problem := problem_of(page.packet):
        raise StepFailed(problem)
    return page


def answer(system: System, packet_id: UUID, arrived: Sequence[dict[str, Any]], console: Console) -> None:
    """Let people in the sandbox answer by SMS, and say how their answers were read. `arrived` are the packet's messages."""
    people = sorted({message["to"] for message in arrived if message["channel"] == "sms"})
    for address, text in zip(people, ANSWERS, strict=False):
        reply_as(system.settings, address, text, channel="sms")
    counts = _read(system, packet_id, len(ANSWERS))
    console.print(f"\n{len(ANSWERS)} people answer: {' and '.join(ANSWERS)}.")
    for kind, number in counts.people.items():
        console.print(plain(f"  {tell(reply_kind(kind))}: {number}"))


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
