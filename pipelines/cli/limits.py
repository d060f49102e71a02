"""`packetboat limit` and `packetboat country`: how much may be sent, and where to."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug
from pipelines.actions.sending.countries import allow_countries, deny_countries
from pipelines.actions.sending.limits import LimitOf, remove_limit, set_limit
from pipelines.cli.options import as_json, client_option, optional_client
from pipelines.cli.plain import visible
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.domain.limit import LimitScope
from pipelines.language.vocabulary import Heading
from pipelines.reports.limits import countries, limits
from pipelines.store.unit_of_work import UnitOfWork

of_client = optional_client("without it, the limit is of all clients together")


def about(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments that say what a limit applies to."""
    command = click.argument("subject", default="")(command)
    return click.argument("scope", type=click.Choice([scope.value for scope in LimitScope]))(
        of_client(command)
    )


@click.group()
def limit() -> None:
    """Limits: how much is sent per second and per day."""


@limit.command("set")
@about
@click.option("--per-second", type=click.FloatRange(0, min_open=True), help="Units per second, such as 3.75.")
@click.option("--per-day", type=click.IntRange(1), help="Units per day.")
def set_one(
    scope: str, subject: str, client: str | None, per_second: float | None, per_day: int | None
) -> None:
    """Limit what SCOPE SUBJECT may send.

    For example: provider twilio, sender +15005550006, brand twilio, client, channel sms, country FR, prefix +881.

    Units are the provider's: segments of text messages, otherwise messages. Limits of a country or a prefix are only per day. Those of a
    sender, a brand or a client need --client. Setting a limit again replaces both of its numbers.
    """
    set_limit(running().engine("app"), _of(scope, subject, client), per_second=per_second, per_day=per_day)
    click.echo("The limit is set. Lanes that are running follow it within ten seconds.")


@limit.command()
@about
def remove(scope: str, subject: str, client: str | None) -> None:
    """Remove the limit of SCOPE SUBJECT."""
    remove_limit(running().engine("app"), _of(scope, subject, client))
    click.echo("The limit is removed. Packets that waited for it continue within two minutes.")


def _of(scope: str, subject: str, client: str | None) -> LimitOf:
    client_id = client_by_slug(running().engine("app"), client) if client else None
    return LimitOf(LimitScope(scope), subject, client_id)


@limit.command("list")
@as_json
def list_limits(as_json: bool) -> None:
    """List the limits and how much of each is used today."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = limits(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines]))
        return
    listed = table(Heading.CLIENT, "", "", "per second", "per day", "today")
    for one in lines:
        pace = "" if one.per_second is None else f"{one.per_second:g}"
        cap = "" if one.per_day is None else f"{one.per_day:,}"
        listed.add_row(one.client or "", one.scope, one.subject, pace, cap, f"{one.used_today:,}")
    Console().print(listed if lines else "There are no limits: packetboat limit set --help")


@click.group()
def country() -> None:
    """Countries: where a client may send text messages. At first only its own region."""


named = click.argument("names", metavar="COUNTRY…", nargs=-1, required=True)


@country.command()
@named
@client_option
def allow(names: tuple[str, ...], client: str) -> None:
    """Let a client send to each COUNTRY.

    A country is two letters (ISO 3166), such as FR; * stands for every country.
    """
    engine = running().engine("app")
    allow_countries(engine, client_by_slug(engine, client), names)
    click.echo(f"{visible(client)} may now send to {', '.join(names)} as well.")


@country.command()
@named
@client_option
def deny(names: tuple[str, ...], client: str) -> None:
    """Let a client no longer send to each COUNTRY. Packets that are already assembled do not change."""
    engine = running().engine("app")
    deny_countries(engine, client_by_slug(engine, client), names)
    click.echo(f"{visible(client)} may no longer send to {', '.join(names)}.")


@country.command("list")
@as_json
def list_countries(as_json: bool) -> None:
    """List the countries that each client may send to."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = countries(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines]))
        return
    listed = table(Heading.CLIENT, "")
    for one in lines:
        listed.add_row(one.client, " ".join(one.countries))
    Console().print(listed)
