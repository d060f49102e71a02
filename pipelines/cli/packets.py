"""`packetboat packet`: send a file, see what became of it, rerun a step."""

import json
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from sqlalchemy import Engine

from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.actions.packets.accept_packet import Receipt, Submission, SubmissionRefused, accept_packet
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.packets.relay_outbox import DAG, relay_outbox
from pipelines.actions.packets.rerun_step import RerunRefused, preview, rerun_step
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.options import (
    BY,
    as_json,
    campaign_option,
    client_option,
    file_argument,
    packet_id,
    timeout_option,
    yes_option,
)
from pipelines.cli.packet_line import show_line
from pipelines.cli.packet_list import list_packets
from pipelines.cli.packet_page import packet_json, show_page
from pipelines.cli.refusals import encoding_option, show_refusal
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.watch import follow, problem_of
from pipelines.errors import StepFailed, TryLater
from pipelines.language.vocabulary import Heading
from pipelines.providers.airflow import Airflow
from pipelines.reports.held import HeldLine, HeldPage
from pipelines.reports.packet import MAX_COUNTED, PacketPage
from pipelines.settings import Settings
from pipelines.states import STEPS, PacketState
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def packet() -> None:
    """Data packets: send one, look at it, rerun a step of it."""


packet.add_command(show_line)
packet.add_command(list_packets)


@packet.command()
@file_argument
@client_option
@campaign_option
@click.option("--digest", help="Your MD5 or SHA-256 of the file, to detect an incomplete transmission.")
@encoding_option
@click.option("--again", is_flag=True, help="Send the file even if the same file was sent before.")
@click.option(
    "--paused", is_flag=True, help="Prepare it, and send nothing until `packetboat packet resume ID`."
)
@click.option(
    "--wait", is_flag=True, help="Wait until it is settled; exit code 3 if it stops or needs attention."
)
@timeout_option
@as_json
def send(
    file: Path,
    client: str,
    campaign: str,
    digest: str | None,
    encoding: str | None,
    again: bool,
    paused: bool,
    wait: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Send FILE as a data packet of a campaign."""
    boat = running()
    engine = boat.engine("app")
    client_id = client_by_slug(engine, client)
    submission = Submission(
        client_id=client_id,
        campaign_id=campaign_by_slug(engine, client_id, campaign),
        file_name=file.name,
        source="cli",
        submitted_by=BY,
        digest=digest,
        again=again,
        encoding=encoding,
        paused=paused,
    )
    receipt = _accepted(engine, boat.settings, submission, file, as_json)
    started = relay_outbox(engine, boat.airflow(), packet_id=receipt.packet_id).delivered == 1
    console = Console(quiet=as_json, highlight=False, soft_wrap=True)
    console.print(f"Received {receipt.bytes:,} bytes as packet {receipt.packet_id}")
    console.print(f"MD5 {receipt.md5}\nSHA-256 {receipt.sha256}")
    if not started:
        console.print("Airflow does not answer; the packet will start when Airflow is back.")
    page, timed_out = None, None
    try:
        if wait:
            follow(engine, receipt.packet_id, Console(quiet=as_json), seconds=timeout)
            page = _recounted(engine, receipt.packet_id)
    except StepFailed as error:
        timed_out = error
    if as_json:
        document = asdict(receipt) | {"started": started, "packet": page and packet_json(page)}
        click.echo(json.dumps(document, default=str))
    if timed_out:
        raise timed_out
    if page:
        _exit_if_it_needs_attention(page)


def _accepted(engine: Engine, chosen: Settings, submission: Submission, file: Path, as_json: bool) -> Receipt:
    """The receipt. The details of a refusal are printed before it is raised."""
    try:
        with file.open("rb") as stream:
            return accept_packet(engine, chosen, submission, stream)
    except SubmissionRefused as refused:
        show_refusal(refused, as_json)
        raise


def _exit_if_it_needs_attention(page: PacketPage) -> None:
    if problem := problem_of(page.packet):
        click.echo(f"packetboat: {tell(problem)}", err=True)
        exit_needs_attention()


@packet.command()
@packet_id
@as_json
def show(packet_id: UUID, as_json: bool) -> None:
    """Show steps, counts, held rows and what needs attention.

    Exit code 3 if anything but held rows needs attention.
    """
    page = _recounted(running().engine("app"), packet_id)
    if as_json:
        click.echo(json.dumps(packet_json(page), default=str))
    else:
        show_page(page)
    if page.packet.for_support or page.packet.problem:
        exit_needs_attention()


def _recounted(engine: Engine, packet_id: UUID) -> PacketPage:
    """The packet's page, after a recount of its rows if it is settled and not too large for that."""
    with UnitOfWork(engine, every_client=True) as uow:
        page = PacketPage.read(uow, packet_id)
    if page.packet.state != PacketState.SETTLED or (page.balance and page.balance.rows_in > MAX_COUNTED):
        return page
    recount_packets(engine, packet_id=packet_id)
    with UnitOfWork(engine, every_client=True) as uow:
        return PacketPage.read(uow, packet_id)


@packet.command()
@packet_id
@as_json
def held(packet_id: UUID, as_json: bool) -> None:
    """List the held rows with line, column, reason and value. The output contains personal data."""
    lines: list[HeldLine] = []
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        PacketPage.read(uow, packet_id)
        after: tuple[int, int] | None = (0, 0)
        while after is not None:
            page = HeldPage.read(uow, packet_id, after=after)
            lines += page.lines
            after = page.next_after
    if as_json:
        click.echo(json.dumps([_line(line) for line in lines], default=str))
        return
    listed = table(Heading.LINE, Heading.COLUMN, Heading.WHY, Heading.VALUE)
    for line in lines:
        listed.add_row(str(line.line_no), line.column_name or "", tell(line.sentence), line.value or "")
    Console().print(listed if lines else "No row is held.")


def _line(line: HeldLine) -> dict[str, object]:
    return asdict(line) | {"code": line.sentence.code, "sentence": tell(line.sentence)}


@packet.command()
@packet_id
@click.option("--from", "step", required=True, type=click.Choice(STEPS), help="The first step to rerun.")
@yes_option
@click.option(
    "--wait",
    is_flag=True,
    help="Wait until it is settled again; exit code 3 if it stops or needs attention.",
)
@timeout_option
def rerun(packet_id: UUID, step: str, yes: bool, wait: bool, timeout: float) -> None:
    """Rerun a step and those after it. First says what that changes; nobody is messaged twice."""
    boat = running()
    engine = boat.engine("app")
    effects = preview(engine, None, packet_id, step)
    for sentence in effects.sentences:
        click.echo(tell(sentence))
    if not effects.possible:
        raise RerunRefused("nothing_was_run")
    if not yes:
        click.confirm("Run it?", default=True, abort=True)
    airflow = boat.airflow()
    rerun_step(engine, airflow, None, packet_id, step)
    if wait:
        # Until the first step starts, the packet is still in the state of its last run: ask Airflow whether it is moving.
        page = follow(
            engine,
            packet_id,
            Console(),
            seconds=timeout,
            moving=lambda page: page.packet.moving or _runs(airflow, page.packet.run_id),
        )
        _exit_if_it_needs_attention(page)


def _runs(airflow: Airflow, run_id: str | None) -> bool:
    """Whether a run is queued or running; assumed while Airflow does not answer."""
    try:
        return run_id is not None and airflow.run_state(DAG, run_id) in {"queued", "running"}
    except TryLater:
        return True
