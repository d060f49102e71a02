"""`packetboat hold`: stop all sending at once, and let it go on; after a restored backup, only a person may."""

import json
from dataclasses import asdict

import click

from pipelines.actions.packets.hold import begin_hold, release_hold
from pipelines.actions.relay_outbox import relay_outbox
from pipelines.cli.control import BY, reason_option, yes_option
from pipelines.cli.packets import as_json, running
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.reports.hold import Hold
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def hold() -> None:
    """The hold: nothing is sent for anybody."""


@hold.command()
@as_json
def status(as_json: bool) -> None:
    """Say whether all sending is on hold, since when, by whom and why."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        found = Hold.read(uow)
    if as_json:
        click.echo(json.dumps(found and asdict(found) | {"why": tell(found.pause.reason)}, default=str))
    elif found is None:
        click.echo("Nothing is on hold.")
    else:
        click.echo(tell(found.pause.sentence("UTC")))
        click.echo(
            f"{counted(found.packets, 'packet')} in progress. `packetboat hold release` ends the hold."
        )


@hold.command()
@reason_option
def begin(reason: str | None) -> None:
    """Stop all sending of all clients, from each lane's next call on."""
    begin_hold(running().engine("app"), by=BY, reason=reason)
    click.echo("Everything is on hold. Calls in flight are recorded; nothing more is sent.")


@hold.command()
@yes_option
def release(yes: bool) -> None:
    """Let all sending go on. After a restored backup, look at the unknown messages first."""
    boat = running()
    if not yes:
        click.confirm("Let all packets go on?", abort=True)
    started = release_hold(boat.engine("worker"), boat.settings.home, by=BY)
    relay_outbox(boat.engine("app"), boat.airflow())
    click.echo(f"Released. Sending goes on for {counted(started, 'packet')}.")
