"""`packetboat packet line`: the messages of a line of a file, with their IDs."""

import json
from uuid import UUID

import click
from rich.console import Console

from pipelines.actions.packets.subjects import find, packet_of
from pipelines.cli.options import as_json, packet_id
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.language.vocabulary import Heading, message_state
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@click.command("line")
@packet_id
@click.argument("line_no", metavar="LINE", type=click.IntRange(1))
@as_json
def show_line(packet_id: UUID, line_no: int, as_json: bool) -> None:
    """List the messages of a line, with their IDs.

    LINE is its number in the file; the header is line 1. `packetboat ledger refund` takes the ID of a message.
    """
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        find(uow, packet_of(packet_id))
        rows = uow.all(sql("reports/row/of_line"), {"packet_id": packet_id, "line_no": line_no})
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], default=str))
        return
    listed = table("ID", Heading.CHANNEL, Heading.STATE, Heading.WHEN)
    for row in rows:
        listed.add_row(str(row.id), row.channel, tell(message_state(row.state)), when(row.state_at))
    Console().print(listed if rows else f"No message was made from line {line_no}.")
