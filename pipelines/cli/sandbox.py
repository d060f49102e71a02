"""`packetboat sandbox`: what the people of the sandbox received."""

import json
from datetime import UTC, datetime
from typing import Any

import click
import requests
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.packets import as_json, running
from pipelines.errors import SettingsError, TryLater
from pipelines.settings import Settings, variable


@click.group()
def sandbox() -> None:
    """The provider simulator: what each person received."""


@sandbox.command()
@click.option("--to", help="Only this number or address.")
@click.option("--channel", type=click.Choice(["sms", "email"]), help="Only this channel.")
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
    table = Table("When", "To", "Text", box=None, padding=(0, 2, 0, 0))
    for message in found["messages"]:
        when = datetime.fromtimestamp(message["at"], UTC)
        table.add_row(f"{when:%Y-%m-%d %H:%M:%S}", Text(message["to"]), Text(message["body"]))
    Console().print(table if found["messages"] else "Nobody received anything yet.")


def insist_on_sandbox(settings: Settings) -> Settings:
    """The same settings. Raises SettingsError when they name a real provider: made-up people are not to be written to."""
    named = [name for name in ("twilio_base_url", "mailgun_base_url") if getattr(settings, name)]
    if named:
        raise SettingsError(
            f"This sends made-up messages, to the sandbox alone, and {variable(named[0])} names a provider."
            " Run it with the settings of Twilio and Mailgun unset."
        )
    return settings


def received(settings: Settings, **asked: str | int | None) -> dict[str, Any]:
    """The sandbox's own list of messages, as `asked` for. Raises TryLater when it does not answer."""
    url = f"{settings.sandbox_url}/sandbox/messages"
    given = {name: str(value) for name, value in asked.items() if value is not None}
    try:
        answer = requests.get(url, params=given, timeout=10)
        answer.raise_for_status()
    except requests.RequestException:
        raise TryLater(
            f"The sandbox does not answer at {url}. Start everything with `packetboat up`."
        ) from None
    return dict(answer.json())
