"""Prices and money on the command line."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.domain.sending import Outgoing
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS

SAMPLE = PROJECT / "pipelines" / "cli" / "sample_prices.yaml"


@pytest.fixture
def client(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    return slug


def test_a_payment_is_booked_once(shell, client):
    book = ("ledger", "top-up", "12.50", "USD", "--client", client, "--key", "bank 7")
    assert shell(*book).out == f"12.50 USD booked for {client}.\n"
    assert json.loads(shell(*book, "--json").out) == {"booked": False}
    assert json.loads(shell("ledger", "balance", "--client", client, "--json").out) == [
        {
            "currency": "USD", "paid_in_minor": 1250, "owed_minor": 0, "spent_minor": 0, "reserved_minor": 0,
            "available_minor": 1250,
        }
    ]  # fmt: skip
    assert "12.50 USD" in shell("ledger", "entries", "--client", client).out


def test_a_correction_can_be_negative(shell, client):
    shell("ledger", "top-up", "500", "XOF", "--client", client)
    assert shell("ledger", "adjust", "-200", "XOF", "--client", client, "--note", "typed twice").code == 0
    assert "300 XOF" in shell("ledger", "balance", "--client", client).out


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("1.005", "USD", "1.005 is not an amount in USD."),
        ("1.5", "VND", "1.5 is not an amount in VND."),
        ("x", "USD", "x is not an amount in USD."),
        (f"1.{'0' * 40}1", "USD", f"1.{'0' * 40}1 is not an amount in USD."),
        ("1e3", "USD", "1e3 is not an amount in USD."),
        ("1_000", "USD", "1_000 is not an amount in USD."),
        ("\uff11\uff15", "USD", "\uff11\uff15 is not an amount in USD."),
        ("92233720368547758.07", "USD", "92233720368547758.07 USD is more than can be booked at once."),
        ("9" * 2000, "USD", f"{'9' * 2000} USD is more than can be booked at once."),
        ("1", "ZZZ", "There is no currency ZZZ."),
        ("5", "XXX", "There is no currency XXX."),
        ("5", "DEM", "There is no currency DEM."),
        ("0", "USD", "A payment must be greater than zero."),
    ],
)
def test_what_is_no_payment_is_refused(shell, client, amount, currency, sentence):
    assert shell("ledger", "top-up", amount, currency, "--client", client).sentence == sentence


def test_the_sample_is_a_price_list(shell, client):
    assert json.loads(shell("rates", "import", str(SAMPLE), "--client", client, "--json").out)["version"] == 1
    assert json.loads(shell("rates", "import", str(SAMPLE), "--client", client, "--json").out)["version"] == 2
    shown = json.loads(shell("rates", "show", "--client", client, "--json").out)
    assert [(one["channel"], one["country"], one["unit"], one["price_minor"]) for one in shown] == [
        ("email", "*", "message", 1), ("sms", "*", "forward", 2), ("sms", "*", "segment", 12), ("sms", "CA", "segment", 2),
        ("sms", "US", "segment", 1),
    ]  # fmt: skip
    assert client in shell("rates", "list").out
    assert "0.12 USD" in shell("rates", "show", "--client", client).out


def test_a_table_is_a_price_list_too(shell, client, tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text("from,channel,country,per,price\n2026-01-01,sms,*,segment,7\n")
    assert shell("rates", "import", str(file), "--client", client, "--currency", "JPY").code == 0
    assert "7 JPY" in shell("rates", "show", "--client", client).out


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "2026-01-01,sms,US,segment,1",
            "There is no price for sms to all other countries. Add a line with the country *.",
        ),
        ("2026-01-01,sms,*,letter,1", "A price is per segment, message, or forward, not per letter."),
        ("2026-01-01,fax,*,message,1", "There is no channel fax."),
        ("2026-01-01,sms,XX,message,1", "There is no country XX."),
        ("soon,sms,*,message,1", "Price 1 cannot be read."),
        ("2026-01-01,sms,*,message,0.001", "Price 1 cannot be read."),
        ("2026-01-01,sms,*,message,-1", "The price for sms to * is negative. Enter 0 or more."),
    ],
)
def test_a_wrong_price_list_is_refused(shell, client, tmp_path, line, sentence):
    file = tmp_path / "prices.csv"
    file.write_text(f"from,channel,country,per,price\n{line}\n")
    assert shell("rates", "import", str(file), "--client", client, "--currency", "USD").sentence.startswith(
        sentence
    )


@pytest.fixture
def with_providers(shell, boat, clinic, sandbox, tmp_path):
    """Runs commands two days later with the providers in a sandbox."""
    (tmp_path / "secrets.json").write_text(json.dumps(boat.secrets | SECRETS))
    there = {
        "PACKETBOAT_HOME": str(tmp_path),
        "PACKETBOAT_SANDBOX_PORT": sandbox.url.rpartition(":")[2],
    }

    def run(*arguments):
        with clock.set_to(datetime.now(UTC) + timedelta(days=2)):
            return shell(*arguments, **there)

    yield run
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(text("delete from listed_day"))
        uow.commit()


@pytest.fixture
def listed(with_providers, sandbox):
    """The reference of an e-mail that somebody else has sent in our name."""
    mail = Outgoing(uuid4(), "staff@example.com", "Changed", "Your password")
    answer = sandbox.mailgun().send(
        [mail], channel="email", sender="us@packetboat.example", callback_url=None
    )
    return answer.provider_ref


def test_a_key_stands_for_one_payment(shell, client):
    payment = ("--client", client, "--key", "invoice-7")
    shell("ledger", "top-up", "3", "USD", *payment)
    assert "Nothing was booked" in shell("ledger", "top-up", "3", "USD", *payment).out
    for amount in (("5", "USD"), ("3", "EUR")):
        assert shell("ledger", "top-up", *amount, *payment).sentence.startswith(
            "$3.00 was already booked under this key."
        )


def test_the_ledger_is_verified(shell, client, with_providers):
    shell("ledger", "top-up", "3", "USD", "--client", client)
    done = with_providers("ledger", "verify")
    assert done.code == 0
    assert done.out.endswith("The ledger adds up.\n")
    assert json.loads(with_providers("ledger", "verify", "--json").out)["ok"] is True


def test_a_list_that_cannot_be_read_needs_attention_although_the_ledger_adds_up(shell, client):
    """No provider is reachable here."""
    done = shell("ledger", "verify")
    assert done.code == 3
    assert "was not read, so it proves nothing." in done.out
    assert done.out.endswith("The ledger adds up.\n")
    report = json.loads(shell("ledger", "verify", "--json").out)
    assert (report["ok"], report["differences"]) == (False, [])


@pytest.fixture
def tampered(shell, boat, client):
    """The id of a client whose free credit of 3 dollars was raised by a cent past the ledger, until the end of the test."""
    shell("ledger", "top-up", "3", "USD", "--client", client)

    def add(minor):
        changed = (
            "update account set balance_minor = balance_minor + :minor where kind = 'available'"
            " and client_id = (select id from client where slug = :slug) returning client_id"
        )
        with UnitOfWork(boat.engine("owner"), every_client=True) as uow:
            client_id = uow.scalar(text(changed), {"minor": minor, "slug": client})
            uow.commit()
        return client_id

    yield add(1)
    add(-1)
    assert shell("ledger", "verify").out.endswith("The ledger adds up.\n")


def test_books_that_differ_are_named_and_need_attention(shell, client, tampered):
    done = shell("ledger", "verify")
    assert done.code == 3
    assert f"balances: {client} has 3.01 USD instead of 3.00 USD.\n" in done.out
    assert "Proved: entries_cancel_out, journals, reserved, spent.\n" in done.out
    section = re.search(r"1 difference\. See “(.+)” in docs/running-a-client\.md\.\n$", done.out)[1]
    assert f"### {section}\n" in (PROJECT / "docs" / "running-a-client.md").read_text("utf-8")
    done = shell("ledger", "verify", "--json")
    report = json.loads(done.out)
    assert (done.code, report["ok"]) == (3, False)
    assert report["differences"] == [
        {
            "proof": "balances", "client_id": str(tampered), "client": client, "currency": "USD",
            "expected_minor": 300, "actual_minor": 301,
        }
    ]  # fmt: skip


def test_a_list_that_differs_needs_attention_although_the_ledger_adds_up(with_providers, listed):
    done = with_providers("ledger", "verify")
    assert done.code == 3
    assert f"differs: 1 listed, 0 recorded; 1 unrecorded ({listed})." in done.out
    assert done.out.endswith("The ledger adds up.\n")
    done = with_providers("ledger", "verify", "--json")
    report = json.loads(done.out)
    assert (done.code, report["ok"], report["differences"]) == (3, False, [])
    (compared,) = [one for one in report["lists"] if one["account"] == "mailgun"]
    assert compared["outcome"] == "differs"
    assert [(one["side"], one["messages"]) for one in compared["differences"]] == [("unrecorded", 1)]
