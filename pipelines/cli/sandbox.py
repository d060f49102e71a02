"""`packetboat sandbox`: the messages that the sandbox received."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
import requests
from rich.console import Console

from pipelines.cli.options import as_json
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.times import when
from pipelines.errors import NotFound, SettingsError, TryLater
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
    """List the received messages, newest first."""
    page = received(running().settings, to=to, channel=channel, limit=limit)
    if as_json:
        click.echo(json.dumps(page))
        return
    listed = table(Heading.WHEN, Heading.CHANNEL, Heading.TO, Heading.TEXT)
    for message in page["messages"]:
        received_at = datetime.fromtimestamp(message["at"], UTC)
        listed.add_row(when(received_at), message["channel"], message["to"], main_part(message))
    Console().print(listed if page["messages"] else "No messages have been received yet.")


@sandbox.command()
@click.argument("address")
@click.argument("text")
@click.option("--channel", help="Answer the newest message of this channel: sms, email …")
@click.option("--times", type=click.IntRange(1, 100), default=1, help="Repeat the call, as providers do.")
@click.option("--seconds", type=click.FloatRange(0, 600), default=0.0, help="Answer later.")
@click.option("--forged", is_flag=True, help="Sign the call wrongly.")
def reply(address: str, text: str, channel: str | None, times: int, seconds: float, forged: bool) -> None:
    """Answer TEXT as the person at ADDRESS.

    The answer is to the newest message that they got.
    """
    statuses = reply_as(
        running().settings,
        address,
        text,
        channel=channel,
        times=times,
        seconds=seconds,
        forged=forged,
    )
    for status in statuses:
        click.echo(f"The portal answered {status}." if status else "The portal did not answer.")
    if not statuses:
        click.echo("The answer comes later.")


def reply_as(settings: Settings, address: str, text: str, **script: str | float | None) -> list[int | None]:
    """Answer as a person in the sandbox; `script` has the other keys of its path. Returns the status that each call was answered with.

    Raises TryLater when the sandbox does not answer, NotFound when nothing was sent to the address.
    """
    url = f"{settings.sandbox_url}/sandbox/replies"
    try:
        response = requests.post(url, json={"address": address, "text": text, **script}, timeout=30)
        if response.status_code == requests.codes.not_found:
            raise NotFound("nobody_to_answer")
        response.raise_for_status()
    except requests.RequestException:
        raise TryLater("sandbox_away", url=url) from None
    return list(response.json()["statuses"])


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
