"""`packetboat packet list`: the newest packets, with their IDs."""

import json
from typing import Any

import click

from pipelines.actions.accounts.find import client_by_slug
from pipelines.cli.options import as_json, optional_client
from pipelines.cli.plain import on_one_line
from pipelines.cli.running import running
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.reports.marks import packet_mark
from pipelines.reports.packets import ListedPacket, PacketList
from pipelines.store.unit_of_work import UnitOfWork

PAGES = 2  # of PacketList: 50 packets


@click.command("list")
@optional_client("without it, the packets of every client")
@click.option("--needs", is_flag=True, help="Only packets that need you; held rows alone need the client.")
@as_json
def list_packets(client: str | None, needs: bool, as_json: bool) -> None:
    """List the newest 50 packets, with their IDs."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client) if client else None
    packets: list[ListedPacket] = []
    before = None
    with UnitOfWork(engine, every_client=True) as uow:
        for _ in range(PAGES):
            page = PacketList.read(
                uow,
                shown="attention" if needs else "all",
                client_id=client_id,
                before=before,
                for_support=True,
            )
            packets += page.packets
            before = page.next_before
            if before is None:
                break
    if as_json:
        click.echo(
            json.dumps({"packets": [_facts(one) for one in packets], "more": before is not None}, default=str)
        )
        return
    if not packets:
        click.echo("No packet needs you." if needs else "There are no packets yet.")
        return
    for one in packets:  # no table: at 80 columns it would break the IDs
        click.echo(
            on_one_line(f"{one.id}  {when(one.received_at)}  {one.file_name} of {one.client}: {_state(one)}")
        )
    if before is not None:
        click.echo(f"These are the newest {len(packets)}; there are more.")


def _state(one: ListedPacket) -> str:
    return tell(packet_mark(one.state, one.needs, one.pauses).words)


def _facts(one: ListedPacket) -> dict[str, Any]:
    """A packet as a JSON document; `needs` are codes, as in `packet show`."""
    return {
        "id": one.id,
        "file_name": one.file_name,
        "client": one.client,
        "campaign": one.campaign,
        "state": one.state,
        "in_words": _state(one),
        "problem": one.problem and tell(one.problem),
        "received_at": one.received_at.isoformat(),
        "rows_in": one.rows_in,
        "held": one.held,
        "sent": one.sent,
        "paused": bool(one.pauses),
        "needs": [{"code": need.code, "cases": need.cases} for need in one.needs],
    }
