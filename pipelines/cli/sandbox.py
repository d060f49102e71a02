"""`packetboat sandbox`: what the people of the sandbox received."""

import json

import click
import requests
from rich.console import Console
from rich.table import Table

from pipelines.cli.packets import as_json, running
from pipelines.errors import TryLater


@click.group()
def sandbox() -> None:
    """The provider simulator: see what each person received."""


@sandbox.command()
@click.option("--to", help="Only this number or address.")
@click.option("--channel", type=click.Choice(["sms", "email"]), help="Only this channel.")
@click.option("--limit", default=50, show_default=True, help="The newest so many.")
@as_json
def messages(to: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """The messages that were received, newest first."""
    settings = running().settings
    url = f"http://{settings.host}:{settings.sandbox_port}/sandbox/messages"
    asked = {
        name: str(value) for name, value in {"to": to, "channel": channel, "limit": limit}.items() if value
    }
    try:
        answer = requests.get(url, params=asked, timeout=10)
        answer.raise_for_status()
    except requests.RequestException:
        raise TryLater(
            f"The sandbox does not answer at {url}. Start everything with `packetboat up`."
        ) from None
    found = answer.json()
    if as_json:
        click.echo(json.dumps(found))
        return
    table = Table("When", "To", "Text", box=None, padding=(0, 2, 0, 0))
    for message in found["messages"]:
        table.add_row(message["at"], message["to"], message["body"])
    Console().print(table if found["messages"] else "Nobody received anything yet.")
