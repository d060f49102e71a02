"""`packetboat client`: add a client, list them, say when they are told about alarms."""

import json
from dataclasses import asdict

import click
from rich.console import Console

from pipelines.actions.accounts.create_client import ClientInvalid, create_client
from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.set_alarms import set_alarms
from pipelines.cli.options import as_json, client_argument
from pipelines.cli.plain import visible
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.domain.column_names import words
from pipelines.language.vocabulary import Heading
from pipelines.reports.clients import clients
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def client() -> None:
    """Clients: the businesses that send packets."""


@client.command()
@click.argument("name")
@click.option("--slug", help="Its short name for commands; by default made from NAME.")
@click.option(
    "--region",
    default="US",
    show_default=True,
    help="Country of phone numbers without a country code (ISO 3166).",
)
@click.option("--language", default="en", show_default=True, help="Language for rows without one (ISO 639).")
@click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    help="Time zone of dates and times, such as Europe/Paris (IANA).",
)
@as_json
def add(name: str, slug: str | None, region: str, language: str, time_zone: str, as_json: bool) -> None:
    """Add the client NAME."""
    boat = running()
    short = slug or words(name).replace(" ", "-")
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        if any(client.slug == short for client in clients(uow)):
            raise ClientInvalid("client_exists", client=short)
    client_id = create_client(
        boat.engine("app"),
        boat.settings,
        slug=short,
        name=name,
        region=region,
        language=language,
        time_zone=time_zone,
    )
    if as_json:
        click.echo(json.dumps({"client": short, "client_id": str(client_id)}))
    else:
        click.echo(
            f"Added the client {visible(name)} with the short name {short}. Next: packetboat campaign import FILE --client {short}"
        )


@client.command("list")
@as_json
def list_clients(as_json: bool) -> None:
    """List the clients."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = clients(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines]))
        return
    listed = table(
        Heading.CLIENT,
        Heading.NAME,
        Heading.STATE,
        Heading.REGION,
        Heading.LANGUAGE,
        Heading.TIME_ZONE,
        Heading.CAMPAIGNS,
        unwrapped={Heading.CLIENT},
    )
    for one in lines:
        listed.add_row(
            one.slug, one.name, one.state, one.region, one.language, one.time_zone, f"{one.campaigns:,}"
        )
    Console().print(listed if lines else "There are no clients yet: packetboat client add NAME")


@client.command()
@client_argument
@click.option("--email", help="Address to which alarms are sent; '' ends that.")
@click.option(
    "--credit-percent",
    type=click.IntRange(0, 100),
    help="Raise an alarm when less than this share of the last payment is left; 0 never does.",
)
@as_json
def alarms(client: str, email: str | None, credit_percent: int | None, as_json: bool) -> None:
    """Show or set when and where CLIENT is told about alarms."""
    engine = running().engine("app")
    now = set_alarms(engine, client_by_slug(engine, client), address=email, credit_percent=credit_percent)
    if as_json:
        click.echo(json.dumps({"email": now.alarm_address, "credit_percent": now.credit_alarm_percent}))
        return
    if now.credit_alarm_percent:
        click.echo(f"Alarm: when less than {now.credit_alarm_percent} % of the last payment is left.")
    else:
        click.echo("Alarm: not when credit runs low.")
    if now.alarm_address:
        click.echo(f"Alarms are sent to {visible(now.alarm_address)}.")
    else:
        click.echo("Alarms are sent to nobody: packetboat client alarms CLIENT --email ADDRESS")
