"""`packetboat suppress`: whom a client must not contact."""

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.people import suppressions as people
from pipelines.channels import channels
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.options import BY, as_json, client_option, file_argument, optional_client
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.times import when
from pipelines.consent.suppression import ALL_CHANNELS
from pipelines.domain.suppression import Reason
from pipelines.domain.words import counted
from pipelines.language.vocabulary import Heading
from pipelines.reports import suppressions as report
from pipelines.store.unit_of_work import UnitOfWork

HEADING = 1  # the line that needs no address

channel_option = click.option(
    "--channel",
    required=True,
    type=click.Choice([*sorted(channels()), "all"]),
    help="The channel, or all.",
)
reason_option = click.option(
    "--reason",
    type=click.Choice(sorted(reason.value for reason in Reason)),
    default=Reason.BLOCKED.value,
    show_default=True,
    help="Complaints and wrong numbers hold for every client.",
)


@click.group()
def suppress() -> None:
    """Suppressions: the people who must not be contacted."""


@suppress.command()
@click.argument("address")
@client_option
@channel_option
@reason_option
def add(address: str, client: str, channel: str, reason: str) -> None:
    """Never contact ADDRESS again, from this moment on."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    new = people.suppress(engine, client_id, _channel(channel), address, Reason(reason), BY)
    click.echo("It is suppressed." if new else "It was suppressed already.")


@suppress.command("import")
@file_argument
@client_option
@channel_option
@reason_option
def import_list(file: Path, client: str, channel: str, reason: str) -> None:
    """Never contact the addresses in FILE again.

    The address is the first cell of each line. Exit code 3 if a line after the heading has none, or if no line has one.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        done = people.suppress_list(engine, client_id, _channel(channel), lines, Reason(reason), BY)
    click.echo(f"{counted(done.addresses, 'address', 'addresses')}, {done.new:,} of them new.")
    if done.unreadable:
        shown = ", ".join(map(str, done.unreadable[:10]))
        more = " …" if len(done.unreadable) > 10 else ""
        click.echo(f"Not an address of this channel in the first cell: line {shown}{more}", err=True)
    if not done.addresses or set(done.unreadable) - {HEADING}:
        click.echo(
            "Check the channel, and that commas separate the cells. These lines protect nobody.", err=True
        )
        exit_needs_attention()


@suppress.command()
@click.argument("address")
@optional_client("without it, what holds for every client is lifted")
@click.option(
    "--channel",
    type=click.Choice([*sorted(channels()), "all"]),
    help="The channel, or all; required with --client.",
)
@click.option("--because", required=True, help="Why; kept permanently, so write no personal data.")
@click.option("--by", default=getpass.getuser, help="Your name.  [default: your account's]")
def lift(address: str, client: str | None, channel: str | None, because: str, by: str) -> None:
    """Allow contacting ADDRESS again. Your name and the reason are kept."""
    engine = running().engine("app")
    if client is None:
        lifted = people.lift_on_platform(engine, address, by=by, because=because)
    elif channel is None:
        raise click.UsageError("Name the channel with --channel.")
    else:
        client_id = client_by_slug(engine, client)
        lifted = people.lift(engine, client_id, _channel(channel), address, by=by, because=because)
    click.echo(f"{counted(lifted, 'suppression', 'suppressions')} lifted.")


@suppress.command("list")
@client_option
@as_json
def list_suppressions(client: str, as_json: bool) -> None:
    """List the people whom a client must not contact."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with UnitOfWork(engine, client_id) as uow:
        lines = report.suppressions(uow, client_id)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines], default=str))
        return
    listed = table(Heading.TO, Heading.CHANNEL, Heading.WHY, Heading.WHEN)
    for one in lines:
        listed.add_row(one.address or "(erased)", one.channel, one.reason, when(one.created_at))
    Console().print(listed if lines else "Nobody is suppressed.")


def _channel(chosen: str) -> str:
    return ALL_CHANNELS if chosen == "all" else chosen
