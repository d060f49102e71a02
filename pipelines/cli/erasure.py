"""`packetboat erase`: erasing personal data, and the proof that it is gone."""

import json
from uuid import UUID

import click

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.people.addresses import read_address, setting_of
from pipelines.actions.people.erase import erase_person, export_person
from pipelines.actions.people.verify_erasure import everything_left
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.options import as_json, client_option, yes_option
from pipelines.cli.running import running
from pipelines.consent.erasure import erase_due
from pipelines.consent.suppression import ALL_CHANNELS
from pipelines.domain.words import counted
from pipelines.store.files import Files


@click.group()
def erase() -> None:
    """Erasure of personal data; totals and accounts stay."""


@erase.command()
def due() -> None:
    """Erase the packets whose retention has ended. The DAG housekeeping does it four times a day."""
    boat = running()
    erased = erase_due(boat.engine("worker"), Files(boat.settings))
    click.echo(f"{counted(erased, 'packet', 'packets')} erased.")


@erase.command()
@click.argument("address")
@client_option
@yes_option
def person(address: str, client: str, yes: bool) -> None:
    """Erase one person from a client's data.

    ADDRESS is the number or address of that person. Opt-outs stay, as keyed hashes.
    """
    boat = running()
    engine = boat.engine("worker")
    client_id = client_by_slug(boat.engine("app"), client)
    clean = read_address(ALL_CHANNELS, address, setting_of(engine, client_id))
    if not yes:
        click.confirm("This cannot be undone. Erase this person?", abort=True)
    done = erase_person(engine, Files(boat.settings), client_id, clean)
    click.echo(
        f"Erased: {counted(done.rows, 'row', 'rows')} and {counted(done.messages, 'message', 'messages')}"
        f" in {counted(done.packets, 'packet', 'packets')}."
    )


@erase.command()
@click.argument("address")
@client_option
def export(address: str, client: str) -> None:
    """Print a client's data on one person as JSON."""
    engine = running().engine("worker")
    client_id = client_by_slug(engine, client)
    clean = read_address(ALL_CHANNELS, address, setting_of(engine, client_id))
    click.echo(json.dumps(export_person(engine, client_id, clean), default=str, ensure_ascii=False, indent=2))


@erase.command()
@click.option("--packet", "packet_id", type=click.UUID, help="Only this packet.")
@as_json
def verify(packet_id: UUID | None, as_json: bool) -> None:
    """Search all tables and stored files for erased data. Exit code 3 if any of it is left."""
    boat = running()
    found = everything_left(boat.engine("worker"), Files(boat.settings), packet_id)
    if as_json:
        click.echo(json.dumps({"left": {one.place: one.count for one in found}}))
    elif found:
        for one in found:
            click.echo(f"{one.place}: {counted(one.count, 'value', 'values')} left")
    else:
        click.echo("Everything that was erased is gone.")
    if found:
        exit_needs_attention()
