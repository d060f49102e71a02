"""`packetboat ledger`: the money of clients."""

import json
from dataclasses import asdict
from uuid import UUID, uuid4

import click
from rich.console import Console

from pipelines.actions.accounts.find import client_by_slug, slugs_of
from pipelines.actions.billing.book_payment import BookingRefused, adjust, top_up
from pipelines.actions.billing.compare_lists import compare_lists
from pipelines.actions.billing.listed_day import Compared
from pipelines.actions.billing.refund import refund
from pipelines.actions.billing.verify_ledger import verify_ledger
from pipelines.billing.proofs import PROOFS
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.options import as_json, client_option
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.domain.money import AmountInvalid, AmountTooLarge, amount, is_currency, minor_units
from pipelines.domain.words import counted
from pipelines.reports.billing import alarms, balances, journals
from pipelines.store.unit_of_work import UnitOfWork

key_option = click.option("--key", help="A unique key for the booking, such as the payment number.")
note_option = click.option("--note", default="", help="Why; kept with the booking.")
GUIDE = "See “When the ledger does not add up” in docs/running-a-client.md."


@click.group()
def ledger() -> None:
    """The ledger: payments, reserves, charges and refunds of clients."""


@ledger.command()
@client_option
@as_json
def balance(client: str, as_json: bool) -> None:
    """Show what a client has paid, and how it was used."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with UnitOfWork(engine, client_id) as uow:
        rows, warnings = balances(uow, client_id), alarms(uow, client_id)
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows]))
        return
    listed = table("Paid in", "Owed", "Spent", "Reserved", "Free")
    for row in rows:
        amounts = (
            row.paid_in_minor,
            row.owed_minor,
            row.spent_minor,
            row.reserved_minor,
            row.available_minor,
        )
        listed.add_row(*(_money(minor, row.currency) for minor in amounts))
    Console().print(listed if rows else "Nothing has been booked for this client.")
    for _, sentence in warnings:
        click.echo(tell(sentence))


@ledger.command()
@client_option
@click.option("--packet", type=click.UUID, help="Only what was booked for this packet.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, newest first."
)
@as_json
def entries(client: str, packet: UUID | None, limit: int, as_json: bool) -> None:
    """List the movements of a client's money, newest first."""
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    with UnitOfWork(engine, client_id) as uow:
        rows = journals(uow, client_id, packet_id=packet, limit=limit)
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], default=str))
        return
    listed = table("When", "What", "Messages", "Paid in", "Reserved", "Spent", "Free", "Note")
    for row in rows:
        amounts = (row.paid_minor, row.reserved_minor, row.spent_minor, row.available_minor)
        cells = (f"{_money(minor, row.currency)}" if minor else "" for minor in amounts)
        listed.add_row(when(row.created_at), row.kind, str(row.messages or ""), *cells, row.note or "")
    Console().print(listed if rows else "Nothing has been booked for this client.")


@ledger.command("top-up")
@click.argument("whole", metavar="AMOUNT")
@click.argument("currency")
@client_option
@key_option
@note_option
@as_json
def top_up_command(whole: str, currency: str, client: str, key: str | None, note: str, as_json: bool) -> None:
    """Book a payment of AMOUNT in CURRENCY.

    AMOUNT is in whole units, CURRENCY a code of ISO 4217. Packets that wait for credit start.
    """
    engine = running().engine("app")
    booked = top_up(
        engine, client_id=client_by_slug(engine, client), minor=_minor(whole, currency), currency=currency,
        key=key or uuid4().hex, note=note,
    )  # fmt: skip
    _tell(booked, as_json, f"{whole} {currency} booked for {client}.")


@ledger.command("adjust", context_settings={"ignore_unknown_options": True})
@click.argument("whole", metavar="AMOUNT")
@click.argument("currency")
@client_option
@key_option
@click.option("--note", required=True, help="Why; kept with the booking.")
@as_json
def adjust_command(whole: str, currency: str, client: str, key: str | None, note: str, as_json: bool) -> None:
    """Correct a client's credit by AMOUNT.

    AMOUNT is in whole units and may be negative.
    """
    engine = running().engine("app")
    booked = adjust(
        engine, client_id=client_by_slug(engine, client), minor=_minor(whole, currency), currency=currency,
        key=key or uuid4().hex, note=note,
    )  # fmt: skip
    _tell(booked, as_json, f"{whole} {currency} booked for {client}.")


@ledger.command("refund")
@click.argument("message_id", type=click.UUID)
@click.option("--reason", required=True, help="One word; each reason is refunded once per message.")
@as_json
def refund_command(message_id: UUID, reason: str, as_json: bool) -> None:
    """Return what a message cost.

    `packetboat packet line` shows the ID of a message.
    """
    minor = refund(running().engine("app"), None, message_id, reason=reason)
    if as_json:
        click.echo(json.dumps({"refunded_minor": minor}))
    else:
        click.echo("Refunded." if minor else "This was already refunded.")


@ledger.command()
@as_json
def verify(as_json: bool) -> None:
    """Prove that all money adds up.

    Also compares what providers list with what was recorded. Exit code 3 if something differs, or a list could not be read.
    """
    boat = running()
    found = verify_ledger(boat.engine("worker"))
    slugs = slugs_of(boat.engine("worker"), {one.client_id for one in found})
    lists = compare_lists(boat.engine("worker"), boat.settings, boat.secrets)
    proven = not found and all(one.outcome == "agrees" for one in lists)
    if as_json:
        differences = [
            {
                "proof": one.proof, "client_id": str(one.client_id), "client": slugs[one.client_id],
                "currency": one.currency, "expected_minor": one.expected, "actual_minor": one.actual,
            }
            for one in found
        ]  # fmt: skip
        report = {
            "ok": proven, "proofs": list(PROOFS), "differences": differences, "lists": [asdict(one) for one in lists],
        }  # fmt: skip
        click.echo(json.dumps(report, default=str))
    else:
        for one in found:
            expected, actual = (_money(minor, one.currency) for minor in (one.expected, one.actual))
            click.echo(f"{one.proof}: {slugs[one.client_id]} has {actual} instead of {expected}.")
        failed = {one.proof for one in found}
        if proved := [proof for proof in PROOFS if proof not in failed]:
            click.echo(f"Proved: {', '.join(proved)}.")
        for compared in lists:
            click.echo(_of_list(compared))
        click.echo(f"{counted(len(found), 'difference')}. {GUIDE}" if found else "The ledger adds up.")
    if not proven:
        exit_needs_attention()


def _of_list(one: Compared) -> str:
    """What the list of an account says."""
    if one.outcome == "not_read":
        return f"The list of {one.account} for {one.day} was not read, so it proves nothing."
    counts = f"{one.listed} listed, {one.accepted} recorded"
    sides = [
        f"{side['messages']} {side['side']} ({', '.join(side['provider_refs'])})" for side in one.differences
    ]
    return f"The list of {one.account} for {one.day} {one.outcome}: {'; '.join([counts, *sides])}."


def _tell(booked: bool, as_json: bool, words: str) -> None:
    if as_json:
        click.echo(json.dumps({"booked": booked}))
    else:
        click.echo(words if booked else "A booking with this key exists already. Nothing was booked.")


def _minor(whole: str, currency: str) -> int:
    if not is_currency(currency):
        raise BookingRefused("prices_unknown_currency", currency=currency)
    try:
        return minor_units(whole, currency)
    except AmountTooLarge:
        raise BookingRefused("amount_too_large", amount=whole, currency=currency) from None
    except AmountInvalid:
        raise BookingRefused("amount_invalid", amount=whole, currency=currency) from None


def _money(minor: int, currency: str) -> str:
    return f"{amount(minor, currency):,} {currency}"
