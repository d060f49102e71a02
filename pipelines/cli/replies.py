"""`packetboat packet answers`: what the people of a packet answered, as a file. `packetboat reply`: how clients get their replies."""

import json
from dataclasses import asdict, replace
from uuid import UUID

import click

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.people.forward import webhook_key
from pipelines.actions.people.reply_settings import Wanted, set_reply_settings
from pipelines.cli.options import as_json, client_argument, packet_id
from pipelines.cli.plain import visible
from pipelines.cli.running import running
from pipelines.domain.exports import csv_file
from pipelines.domain.replies import WAYS
from pipelines.reports.packet import Packet
from pipelines.reports.replies import FILE_COLUMNS, answer_file
from pipelines.store.unit_of_work import UnitOfWork


@click.command()
@packet_id
def answers(packet_id: UUID) -> None:
    """Write the answers of a packet as CSV, in the order of its rows. The output contains personal data."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        Packet.read(uow, packet_id)
        for piece in csv_file(FILE_COLUMNS, answer_file(uow, packet_id)):
            click.echo(piece, nl=False)


@click.group()
def reply() -> None:
    """Replies: how a client gets what people answer."""


@reply.command("settings")
@client_argument
@click.option("--contact", help="What a person who asks for help is told: a number or an address.")
@click.option("--forward-by", type=click.Choice([*WAYS, "nothing"]), help="Forward replies this way.")
@click.option("--forward-to", help="The number, address or https:// address to forward to.")
@click.option(
    "--daily-cap", type=click.IntRange(min=0), help="The most replies that are forwarded in a day (UTC)."
)
@as_json
def settings_command(
    client: str,
    contact: str | None,
    forward_by: str | None,
    forward_to: str | None,
    daily_cap: int | None,
    as_json: bool,
) -> None:
    """Show or set how CLIENT gets its replies."""
    boat = running()
    engine = boat.engine("app")
    client_id = client_by_slug(engine, client)
    wanted = Wanted(contact, "" if forward_by == "nothing" else forward_by, forward_to, daily_cap)
    current = set_reply_settings(engine, boat.settings, client_id, wanted)
    if current.forward_by == "webhook":
        current = replace(current, key=webhook_key(boat.secrets, client_id))
    if as_json:
        click.echo(json.dumps(asdict(current)))
        return
    for name, value in asdict(current).items():
        if value is not None:
            click.echo(visible(f"{name.replace('_', ' ')}: {value}"))
