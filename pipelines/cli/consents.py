"""`packetboat consent`: what people agreed to, and the proof of it."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.people.consents import record_consent
from pipelines.channels import channels
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.options import as_json, client_option
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.times import when
from pipelines.consent.records import MARKETING, Consent, broken_records
from pipelines.language.vocabulary import Heading
from pipelines.reports.consents import consents
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def consent() -> None:
    """Consent: what people agreed to. Records are only ever added."""


@consent.command()
@click.argument("address")
@client_option
@click.option("--channel", required=True, type=click.Choice(sorted(channels())), help="The channel.")
@click.option("--text", "text_shown", required=True, help="The text that the person agreed to.")
@click.option("--text-version", default="1", show_default=True, help="The version of that text.")
@click.option("--source", required=True, help="The form's URL, the file and its row, or the keyword.")
@click.option("--purpose", default=MARKETING, show_default=True, help="What the consent is for.")
@click.option("--person", help="The person's name.")
@click.option("--ip", help="The IP address that it came from.")
@click.option("--at", type=click.DateTime(), help="When it was given or withdrawn, in UTC.  [default: now]")
@click.option("--withdrawn", is_flag=True, help="The person withdrew consent.")
def add(client: str, withdrawn: bool, at: datetime | None, **evidence: str) -> None:
    """Record that ADDRESS gave or withdrew consent."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    moment = (at or datetime.now(UTC)).replace(tzinfo=UTC)
    done = record_consent(engine, client_id, Consent(given=not withdrawn, given_at=moment, **evidence))
    click.echo(f"Recorded as number {done.number:,} of {client}.")
    if done.stops_all and not withdrawn:
        click.echo(
            "Nothing is sent to the address: it is suppressed on all channels. `packetboat suppress lift --channel all` lifts that.",
            err=True,
        )


@consent.command("list")
@client_option
@click.option("--address", help="Only the records of this address.")
@as_json
def list_consents(client: str, address: str | None, as_json: bool) -> None:
    """List a client's consent records."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with UnitOfWork(engine, client_id) as uow:
        lines = consents(uow, client_id, address)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines], default=str))
        return
    listed = table(Heading.TO, Heading.CHANNEL, Heading.STATE, Heading.WHEN)
    for one in lines:
        state = "given" if one.given else "withdrawn"
        listed.add_row(one.address or "(erased)", one.channel, state, when(one.given_at))
    Console().print(listed if lines else "There are no consent records.")


@consent.command()
@client_option
def verify(client: str) -> None:
    """Check that no consent record was changed, removed or inserted. Exit code 3 if one was."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with UnitOfWork(engine, client_id) as uow:
        broken = broken_records(uow, client_id)
    if broken:
        click.echo(f"These records do not match their proofs: {', '.join(map(str, broken[:20]))}.")
        exit_needs_attention()
    click.echo("Every consent record matches its proof.")
