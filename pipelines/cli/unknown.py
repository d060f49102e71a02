"""`packetboat message`: messages whose outcome a person has to find out."""

import json
from dataclasses import asdict
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from pipelines.actions.find import client_by_slug
from pipelines.actions.messages.decide import decide_call, note_double
from pipelines.actions.scope import seen_by
from pipelines.cli.packets import as_json, running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.language.vocabulary import Heading
from pipelines.reports.unknown import Double, MissedPage, Undecided

BY = "command line"


@click.group()
def message() -> None:
    """Messages whose outcome a person must find out."""


@message.command()
@click.option("--client", help="Only this client's; its short name.")
@as_json
def unknown(client: str | None, as_json: bool) -> None:
    """List unknown messages, and possible doubles.

    Nobody but a person can find out what became of them.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client) if client else None
    with seen_by(engine, client_id) as uow:
        page = MissedPage.read(uow)
    if as_json:
        click.echo(json.dumps(asdict(page), default=str))
        return
    if not page.undecided and not page.doubles:
        click.echo("No message waits for a decision.")
        return
    listed = table(Heading.CODE, Heading.CLIENT, Heading.LINE, Heading.CHANNEL, Heading.WHEN, Heading.WHY)
    for one in page.undecided:
        why = tell(one.why) + (f" ({counted(one.messages, 'message')})" if one.messages > 1 else "")
        listed.add_row(str(one.call_id), one.client, *_where(one, one.claimed_at), why)
    for double in page.doubles:
        why = "It may have gone out twice."
        listed.add_row(str(double.attempt_id), double.client, *_where(double, double.found_at), why)
    Console().print(listed)


def _where(one: Undecided | Double, moment: datetime) -> tuple[str, str, str]:
    """The line in the file, the channel and the time, on the client's clock."""
    when = moment.astimezone(ZoneInfo(one.time_zone))
    return str(one.line_no or ""), one.channel, f"{when:%Y-%m-%d %H:%M}"


@message.command()
@click.argument("code", type=click.UUID)
@click.argument("outcome", type=click.Choice(["received", "not-received"]))
@as_json
def resolve(code: UUID, outcome: str, as_json: bool) -> None:
    """Say whether the people of a call got it.

    CODE is as `message unknown` lists it. This cannot be undone.
    """
    received = outcome == "received"
    ready = decide_call(running().engine("app"), None, code, received=received, by=BY)
    if as_json:
        click.echo(json.dumps({"call_id": str(code), "received": received, "ready": ready}))
    elif received:
        click.echo("It counts as sent.")
    else:
        again = (
            f"{counted(ready, 'message')} will be sent again."
            if ready
            else "It is too late to send it again."
        )
        click.echo(f"It counts as not sent. {again}")


@message.command()
@click.argument("code", type=click.UUID)
def noted(code: UUID) -> None:
    """Take note of a possible double.

    CODE is as `message unknown` lists it.
    """
    note_double(running().engine("app"), None, code, by=BY)
    click.echo("Noted: it is not listed any more.")
