"""`packetboat rates`: price lists."""

import json
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.billing.import_prices import import_prices
from pipelines.cli.options import BY, as_json, file_argument, optional_client
from pipelines.cli.price_file import read_prices
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.domain.money import amount
from pipelines.reports.billing import price_lists, prices
from pipelines.store.unit_of_work import UnitOfWork

PLATFORM = "every client without its own"
of_client = optional_client("without it, the list of the platform")


@click.group()
def rates() -> None:
    """Price lists: what messages cost."""


@rates.command("import")
@file_argument
@of_client
@click.option("--currency", help="ISO 4217; required for a CSV file.")
@as_json
def import_file(file: Path, client: str | None, currency: str | None, as_json: bool) -> None:
    """Add a version of a price list from FILE (YAML or CSV). Packets that are assembled already keep their prices."""
    engine = running().engine("app")
    money, lines = read_prices(file, currency)
    created = import_prices(engine, client_id=_id(client), currency=money, lines=lines, by=BY)
    if as_json:
        click.echo(json.dumps({"price_list_id": str(created.id), "version": created.version}))
    else:
        click.echo(f"Version {created.version} has {len(lines)} prices and applies to {client or PLATFORM}.")


@rates.command("list")
@as_json
def list_rates(as_json: bool) -> None:
    """List the price lists, each in its newest version."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lists = price_lists(uow)
    if as_json:
        click.echo(json.dumps([one._asdict() for one in lists], default=str))
        return
    listed = table("Client", "Version", "Currency", "Prices", "Imported by")
    for one in lists:
        listed.add_row(
            one.client or PLATFORM, str(one.version), one.currency, str(one.prices), one.imported_by
        )
    Console().print(
        listed
        if lists
        else "There are no price lists, so nothing costs anything: packetboat rates import FILE"
    )


@rates.command()
@of_client
@as_json
def show(client: str | None, as_json: bool) -> None:
    """Show the prices of a list."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = prices(uow, _id(client))
    if as_json:
        click.echo(json.dumps([one._asdict() for one in lines], default=str))
        return
    listed = table("From", "Channel", "Country", "Per", "Price")
    for one in lines:
        price = f"{amount(one.price_minor, one.currency)} {one.currency}"
        listed.add_row(str(one.valid_from), one.channel, one.country, one.unit, price)
    Console().print(listed if lines else "There is no such price list: packetboat rates list")


def _id(client: str | None) -> UUID | None:
    return client_by_slug(running().engine("app"), client) if client else None
