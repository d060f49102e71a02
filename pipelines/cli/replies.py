"""`packetboat packet answers`: what the people of a packet answered, as a file."""

from uuid import UUID

import click

from pipelines.cli.packets import packet_id, running
from pipelines.domain.exports import csv_file
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
