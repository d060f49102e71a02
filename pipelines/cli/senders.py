"""`packetboat sender`: the numbers and addresses that a client's messages come from."""

import json
from dataclasses import asdict

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.sending.add_sender import add_sender
from pipelines.actions.sending.complaints import resume_after_complaints
from pipelines.channels import channels, title_of
from pipelines.cli.options import as_json, client_option
from pipelines.cli.plain import visible
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.language.vocabulary import Heading
from pipelines.providers.carriers import carriers_of
from pipelines.reports.senders import senders
from pipelines.store.unit_of_work import UnitOfWork


@click.group()
def sender() -> None:
    """Senders: the numbers and addresses that messages come from."""


@sender.command()
@click.argument("address")
@client_option
@click.option(
    "--channel", required=True, type=click.Choice(sorted(channels())), help="The channel to send on."
)
@click.option("--provider", help="The provider; required if several carry the channel.")
@click.option("--fallback", is_flag=True, help="Use it only while the other senders cannot be used.")
@as_json
def add(address: str, client: str, channel: str, provider: str | None, fallback: bool, as_json: bool) -> None:
    """Send a channel from ADDRESS. The previous sender is paused, unless ADDRESS is a fall-back."""
    engine = running().engine("app")
    carrier = provider or _only_carrier(channel)
    client_id = client_by_slug(engine, client)
    added = add_sender(
        engine, client_id=client_id, channel=channel, provider=carrier, address=address, fallback=fallback
    )
    if as_json:
        click.echo(json.dumps({"sender_id": str(added.id), "channel": channel, "provider": carrier}))
    elif fallback:
        click.echo(
            f"Messages of {client} by {tell(title_of(channel))} come from {visible(added.address)}, carried by {carrier}, "
            "while the senders before it cannot be used."
        )
    else:
        click.echo(
            f"Messages of {client} by {tell(title_of(channel))} now come from {visible(added.address)}, carried by {carrier}."
        )


def _only_carrier(channel: str) -> str:
    names = [carrier.name for carrier in carriers_of(channel)]
    if len(names) > 1:
        raise click.UsageError(
            f"Several providers carry {channel}. Choose one with --provider: {', '.join(names)}."
        )
    return names[0] if names else ""


@sender.command("list")
@as_json
def list_senders(as_json: bool) -> None:
    """List the senders of all clients."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = senders(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines]))
        return
    listed = table(Heading.CLIENT, Heading.CHANNEL, Heading.PROVIDER, Heading.SENDER, Heading.STATE)
    for one in lines:
        place = f"{one.state} ({one.priority})" if one.state == "active" else one.state
        listed.add_row(one.client, one.channel, one.provider, one.address, place)
    Console().print(listed if lines else "There are no senders yet: packetboat sender add ADDRESS")


@sender.command()
@client_option
@as_json
def resume(client: str, as_json: bool) -> None:
    """Resume e-mails that were stopped because of complaints."""
    engine = running().engine("app")
    resume_after_complaints(engine, client_by_slug(engine, client))
    if as_json:
        click.echo(json.dumps({"client": client, "resumed": True}))
    else:
        click.echo(f"The e-mails of {client} continue within a minute. Earlier complaints no longer count.")
