"""Texts of clients on a terminal: rich takes nothing in them for markup, and the terminal obeys nothing in them."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.cli.plain import plain, visible
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.webapp.stories import tell_held, tell_packet

NASTY = "[/x] [red]Shop[/red] \x1b[31m"
SHOWN = r"[/x] [red]Shop[/red] \x1b[31m"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Nguyễn 👩\u200d⚕️\n2\u202f000", "Zoë Nguyễn 👩\u200d⚕️\n2\u202f000"),
        ("\x1b]0;x\x07\r\t\x9b", r"\x1b]0;x\x07\r\t\x9b"),
        ("a\u202eb", r"a\u202eb"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text, shown):
    assert visible(text) == shown
    assert plain(text).plain == shown


@pytest.fixture
def business(boat):
    """A client that calls itself, its campaign, its sender and its files nasty names."""
    engine = boat.engine("worker")
    business = make_business(engine)
    with UnitOfWork(boat.engine("owner"), every_client=True) as uow:
        for statement in (
            "update client set name = :nasty where id = :client",
            "update campaign set name = :nasty where client_id = :client",
            "update sender set address = :nasty || channel where client_id = :client",
        ):
            uow.execute(text(statement), {"nasty": NASTY, "client": business.client_id})
        uow.commit()
    return business


@pytest.fixture
def packet(boat, business):
    engine = boat.engine("worker")
    packet = tell_packet(engine, business, state="settled", file_name=f"{NASTY}.csv", total={"held": 3})
    tell_held(engine, business, packet, 3)
    with UnitOfWork(boat.engine("owner"), every_client=True) as uow:
        nasty = {"nasty": NASTY, "packet": packet}
        uow.execute(
            text("update held_row set value = :nasty, column_name = :nasty where packet_id = :packet"), nasty
        )
        uow.commit()
    return str(packet)


@pytest.mark.parametrize(
    "arguments",
    [
        ("client", "list"),
        ("sender", "list"),
        ("campaign", "list"),
        ("campaign", "show", "{client}", "{campaign}"),
        ("packet", "show", "{packet}"),
        ("packet", "held", "{packet}"),
    ],
)
def test_a_list_shows_a_name_as_it_is(shell, boat, business, packet, arguments, monkeypatch):
    campaign = next(
        one["slug"]
        for one in json.loads(shell("campaign", "list", "--json").out)
        if one["client"] == business.slug
    )
    named = {"client": business.slug, "campaign": campaign, "packet": packet}
    done = shell(*(argument.format(**named) for argument in arguments), COLUMNS="400")
    assert (done.code, done.err) == (0, "")
    assert SHOWN in done.out
    assert "\x1b" not in done.out


def test_what_was_typed_is_shown_as_it_is(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    done = shell("client", "add", NASTY, "--slug", slug)
    assert "\x1b" not in done.out + done.err
    refused = shell("sender", "add", NASTY, "--client", NASTY, "--channel", "sms", "--provider", "twilio")
    assert refused.code == 1
    assert "\x1b" not in refused.err
