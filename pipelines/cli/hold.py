"""`packetboat hold`: stop all sending at once, and resume it. After a backup is restored, only a person may resume it."""

import json
from dataclasses import asdict

import click

from pipelines.actions.packets.hold import begin_hold, release_hold
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.cli.options import BY, as_json, reason_option, yes_option
from pipelines.cli.running import running
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.reports.hold import Hold
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def hold() -> None:
    """The hold: nothing is sent for any client."""


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
    """Stop all sending of all clients.

    Takes effect at the next call of each lane.
    """
    begin_hold(running().engine("app"), by=BY, reason=reason)
    click.echo("Everything is on hold. Calls in flight are still recorded; nothing more is sent.")


@hold.command()
@yes_option
def release(yes: bool) -> None:
    """Resume all sending. After a backup is restored, decide about the unknown messages first."""
    boat = running()
    if not yes:
        click.confirm("Resume all packets?", abort=True)
    started = release_hold(boat.engine("worker"), boat.settings.home, by=BY)
    relay_outbox(boat.engine("app"), boat.airflow())
    click.echo(f"Released. {counted(started, 'packet')} continued.")
