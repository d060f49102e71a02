"""`packetboat message`: messages whose outcome a person has to find out."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.messages.decide import decide_call, note_double
from pipelines.actions.messages.decide_many import decide_calls, waiting_calls
from pipelines.actions.scope import seen_by
from pipelines.cli.options import BY, as_json, optional_client, packet_id, yes_option
from pipelines.cli.plain import plain
from pipelines.cli.running import running
from pipelines.cli.table import PlainTable, table
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.domain.words import counted
from pipelines.language.vocabulary import Heading
from pipelines.reports.unknown import Double, MissedPage, Undecided

OUTCOME = click.Choice(["received", "not-received"])


@click.group()
def message() -> None:
    """Messages whose outcome a person must find out."""


@message.command()
@optional_client("without it, the messages of every client")
@as_json
def unknown(client: str | None, as_json: bool) -> None:
    """List the messages that a person must check.

    Those are unknown messages that no provider can tell us about, and messages that may have been sent twice, under their file and the ID
    of its packet. The oldest 200 of both are listed.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client) if client else None
    with seen_by(engine, client_id) as uow:
        page = MissedPage.read(uow)
    if as_json:
        click.echo(json.dumps(asdict(page), default=str))
        return
    if not page.undecided and not page.doubles:
        click.echo("No messages need a decision.")
        return
    console = Console(highlight=False)
    both: list[Undecided | Double] = [*page.undecided, *page.doubles]
    for packet in dict.fromkeys(one.packet_id for one in both):
        those = [one for one in both if one.packet_id == packet]
        title = f"{those[0].file_name} of {those[0].client}, packet {packet}"
        console.print(plain(title, style="bold"), soft_wrap=True)
        console.print(_lines(those))
    if page.is_full:
        calls = counted(page.all_undecided, "call")
        console.print(f"These are the oldest {len(page.undecided)} of {calls} that need a decision.")
    if page.all_doubles > len(page.doubles):
        doubles = counted(page.all_doubles, "message")
        console.print(f"These are the oldest {len(page.doubles)} of {doubles} that may have been sent twice.")


def _lines(those: list[Undecided | Double]) -> PlainTable:
    """The calls and possible doubles of a packet."""
    listed = table(
        Heading.CODE, Heading.LINE, Heading.CHANNEL, Heading.WHEN, Heading.WHY, unwrapped={Heading.CODE}
    )
    for one in those:
        if isinstance(one, Double):
            code, moment, why = one.attempt_id, one.found_at, "It may have been sent twice."
        else:
            code, moment, why = one.call_id, one.claimed_at, tell(one.why)
            why += f" ({counted(one.messages, 'message')})" if one.messages > 1 else ""
        listed.add_row(str(code), *_where(one, moment), why)
    return listed


def _where(one: Undecided | Double, moment: datetime) -> tuple[str, str, str]:
    """The line in the file, the channel and the time, on the client's clock."""
    return str(one.line_no or ""), one.channel, when(moment, ZoneInfo(one.time_zone))


@message.command()
@click.argument("code", type=click.UUID)
@click.argument("outcome", type=OUTCOME)
@as_json
def resolve(code: UUID, outcome: str, as_json: bool) -> None:
    """Say whether the people in a call got their message.

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


@message.command("resolve-all")
@packet_id
@click.argument("outcome", type=OUTCOME)
@click.option("--due-from", type=click.DateTime(), help="Only messages due from then on, in UTC.")
@click.option("--due-before", type=click.DateTime(), help="Only messages due before then, in UTC.")
@yes_option
@as_json
def resolve_all(
    packet_id: UUID,
    outcome: str,
    due_from: datetime | None,
    due_before: datetime | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Decide about every waiting call of a packet.

    Meant for after a restore from a backup: what became due after the old database stopped cannot have been sent. ID is the packet's. First says how
    many messages that is. This cannot be undone.
    """
    engine, received = running().engine("app"), outcome == "received"
    waiting = waiting_calls(engine, None, packet_id, since=_utc(due_from), until=_utc(due_before))
    if not as_json:
        calls, messages = counted(len(waiting.call_ids), "call"), counted(waiting.messages, "message")
        click.echo(f"{calls} with {messages} will count as {'sent' if received else 'not sent'}.")
    if waiting.call_ids and not yes:
        click.confirm("Decide?", abort=True, err=as_json)
    closed, ready = decide_calls(engine, None, waiting, received=received, by=BY)
    if as_json:
        click.echo(json.dumps({"calls": closed, "received": received, "ready": ready}))
    else:
        click.echo(
            f"Decided about {counted(closed, 'call')}. {counted(ready, 'message')} will be sent again."
        )


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


@message.command()
@click.argument("code", type=click.UUID)
def noted(code: UUID) -> None:
    """Note a possible double, so that it is no longer listed.

    CODE is as `message unknown` lists it.
    """
    note_double(running().engine("app"), None, code, by=BY)
    click.echo("Noted. It is no longer listed.")
