"""Prices and money on the command line."""

import json
from uuid import uuid4

import pytest

from pipelines.settings import PROJECT

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
        ("1", "ZZZ", "There is no currency ZZZ."),
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


def test_the_ledger_is_verified(shell, client):
    shell("ledger", "top-up", "3", "USD", "--client", client)
    assert shell("ledger", "verify").out.endswith("The ledger adds up.\n")
    assert json.loads(shell("ledger", "verify", "--json").out)["ok"] is True
