"""`packetboat sandbox`: the messages that the sandbox received."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
import requests
from rich.console import Console

from pipelines.cli.packets import as_json, running
from pipelines.cli.table import table
from pipelines.errors import SettingsError, TryLater
from pipelines.language.vocabulary import Heading
from pipelines.providers.carriers import accounts
from pipelines.settings import Settings, variable


@click.group()
def sandbox() -> None:
    """The simulated services: the messages that people received."""


@sandbox.command()
@click.option("--to", help="Only to this number or address.")
@click.option("--channel", help="Only this channel: sms, email …")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="How many of the newest to list.",
)
@as_json
def messages(to: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """List the received messages, newest first; times are in UTC."""
    page = received(running().settings, to=to, channel=channel, limit=limit)
    if as_json:
        click.echo(json.dumps(page))
        return
    listed = table(Heading.WHEN, Heading.CHANNEL, Heading.TO, Heading.TEXT)
    for message in page["messages"]:
        when = f"{datetime.fromtimestamp(message['at'], UTC):%Y-%m-%d %H:%M:%S}"
        listed.add_row(when, message["channel"], message["to"], main_part(message))
    Console().print(listed if page["messages"] else "No messages have been received yet.")


def main_part(message: Mapping[str, Any]) -> str:
    """The main part of a received message: the first in its content."""
    return str(next(iter(message["content"].values()), ""))


def require_sandbox(settings: Settings) -> Settings:
    """The same settings. Raises SettingsError unless the sandbox stands in for every provider: invented people may have real numbers."""
    real = [account for account in accounts() if not account.is_sandbox(settings)]
    if real:
        raise SettingsError("only_to_the_sandbox", prefix=variable(real[0].name))
    return settings


def received(settings: Settings, **filters: str | int | None) -> dict[str, Any]:
    """A page of the sandbox's messages; `filters` are the query parameters of its API. Raises TryLater when it does not answer."""
    url = f"{settings.sandbox_url}/sandbox/messages"
    parameters = {name: str(value) for name, value in filters.items() if value is not None}
    try:
        response = requests.get(url, params=parameters, timeout=10)
        response.raise_for_status()
    except requests.RequestException:
        raise TryLater("sandbox_away", url=url) from None
    return dict(response.json())
