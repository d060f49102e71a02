"""`packetboat sandbox`: what the people of the sandbox received."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
import requests
from rich.console import Console
from rich.text import Text

from pipelines.cli.packets import as_json, running
from pipelines.cli.table import table
from pipelines.errors import SettingsError, TryLater
from pipelines.language.vocabulary import Heading
from pipelines.providers.carriers import accounts
from pipelines.settings import Settings, variable


@click.group()
def sandbox() -> None:
    """The simulated services: what each person received."""


@sandbox.command()
@click.option("--to", help="Only this person's number or address.")
@click.option("--channel", help="Only this channel: sms, email …")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many."
)
@as_json
def messages(to: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """The messages that were received, newest first; times in UTC."""
    found = received(running().settings, to=to, channel=channel, limit=limit)
    if as_json:
        click.echo(json.dumps(found))
        return
    listed = table(Heading.WHEN, Heading.CHANNEL, Heading.TO, Heading.TEXT)
    for message in found["messages"]:
        when = f"{datetime.fromtimestamp(message['at'], UTC):%Y-%m-%d %H:%M:%S}"
        listed.add_row(when, Text(message["channel"]), Text(message["to"]), Text(main_part(message)))
    Console().print(listed if found["messages"] else "Nobody received anything yet.")


def main_part(message: Mapping[str, Any]) -> str:
    """The part of a received message that says most: the first of its content."""
    return str(next(iter(message["content"].values()), ""))


def require_sandbox(settings: Settings) -> Settings:
    """The same settings. Raises SettingsError unless the sandbox answers for every provider: invented people must get nothing."""
    real = [account for account in accounts() if not account.is_sandbox(settings)]
    if real:
        raise SettingsError("only_to_the_sandbox", prefix=variable(real[0].name))
    return settings


def received(settings: Settings, **filters: str | int | None) -> dict[str, Any]:
    """The sandbox's list of messages, filtered and paged as its control path allows. Raises TryLater when it does not answer."""
    url = f"{settings.sandbox_url}/sandbox/messages"
    given = {name: str(value) for name, value in filters.items() if value is not None}
    try:
        answer = requests.get(url, params=given, timeout=10)
        answer.raise_for_status()
    except requests.RequestException:
        raise TryLater("sandbox_away", url=url) from None
    return dict(answer.json())
