"""Shows the progress of a packet on a terminal."""

import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pipelines.cli.plain import plain
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.errors import StepFailed
from pipelines.language import Sentence
from pipelines.language.vocabulary import Heading, packet_state, step_title
from pipelines.reports.packet import Packet, PacketPage
from pipelines.reports.steps import Step
from pipelines.states import PacketState
from pipelines.store.unit_of_work import UnitOfWork

POLL_SECONDS = 0.25
MARKS = {"waiting": "[dim]○", "moving": "[blue]◐", "done": "[green]●", "needs": "[red]▲"}


def follow(
    engine: Engine,
    packet_id: UUID,
    console: Console,
    *,
    seconds: float,
    moving: Callable[[PacketPage], bool] = lambda page: page.packet.moving,
) -> PacketPage:
    """Show a packet's steps while it is `moving`. Raises StepFailed when that takes longer than `seconds`."""
    end = time.monotonic() + seconds
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        page = wait_for(engine, packet_id, end, lambda page: live.update(timeline(page)), moving)
    console.print(timeline(page))
    return page


def wait_for(
    engine: Engine,
    packet_id: UUID,
    end: float,
    show: Callable[[PacketPage], None] = lambda _page: None,
    moving: Callable[[PacketPage], bool] = lambda page: page.packet.moving,
) -> PacketPage:
    """The packet once it is no longer `moving`; `show` is called after each poll. Also waits while the database is unavailable.

    Raises StepFailed at `end` (monotonic).
    """
    state = Sentence("packet_unread")
    while True:
        with suppress(OperationalError):
            page = _read(engine, packet_id)
            show(page)
            if not moving(page):
                return page
            state = packet_state(page.packet.state)
        if time.monotonic() > end:
            raise StepFailed("took_too_long", state=state, packet=str(packet_id))
        time.sleep(POLL_SECONDS)


def _read(engine: Engine, packet_id: UUID) -> PacketPage:
    with UnitOfWork(engine, every_client=True) as uow:
        return PacketPage.read(uow, packet_id)


def timeline(page: PacketPage) -> RenderableType:
    """One line per step (mark, name, time, rows in, out and held), then the sum of the rows."""
    numbers = (Heading.TIME, Heading.IN, Heading.OUT, Heading.HELD)
    listed = table("", Heading.STEP, *numbers, "", right=numbers)
    for step in page.steps:
        listed.add_row(
            Text.from_markup("[dim]·" if step.skipped else MARKS[step.mark]),
            tell(step_title(step.name)),
            "" if step.seconds is None else f"{step.seconds:.1f} s",
            *(_count(value) for value in (step.rows_in, step.rows_out, step.rows_held)),
            _details(step),
        )
    return Group(listed, conservation(page))


def conservation(page: PacketPage) -> Text:
    """Rows in = the sum of the rows by outcome (B6)."""
    return Text(tell(page.balance.sentence) if page.balance else "", style="bold")


def problem_of(packet: Packet) -> Sentence | None:
    """Why the packet did not end well; None if it is settled and has no needs except those for the client."""
    if packet.problem:
        return packet.problem
    if packet.for_support:
        return Sentence("several", {"sentences": [need.sentence for need in packet.for_support]})
    return (
        None
        if packet.state == PacketState.SETTLED
        else Sentence("packet_is_in_state", {"state": packet_state(packet.state)})
    )


def _details(step: Step) -> RenderableType:
    if step.error:
        return plain(tell(step.error), style="red")
    if step.mark == "moving" and step.rows_expected:
        return ProgressBar(total=step.rows_expected, completed=step.rows_done, width=24)
    return ", ".join(lane.lane for lane in step.lanes)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
