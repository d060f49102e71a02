"""`packetboat doctor` names the alarms about clients, and where the providers' lists differ from what was recorded."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.accounts.create_client import create_client
from pipelines.cli.alarm_findings import REMEDIES
from pipelines.cli.findings import look
from pipelines.store.unit_of_work import UnitOfWork


@pytest.fixture
def alarmed(boat, monkeypatch):
    """Raises an alarm about a new client; returns what the doctor says about it."""
    monkeypatch.setattr("pipelines.cli.findings.settings", lambda: boat.settings)
    monkeypatch.setattr("pipelines.cli.findings.packetboat_of", lambda _: boat)
    slug = f"shop-{uuid4().hex[:8]}"
    client_id = create_client(
        boat.engine("app"), boat.settings, slug=slug, name="Shop", region="US", language="en", time_zone="UTC"
    )

    def alarmed(code, **params):
        alarm = {"client": client_id, "code": code, "params": json.dumps(params)}
        with UnitOfWork(boat.engine("worker"), client_id) as uow:
            uow.execute(
                text(
                    "insert into client_alarm (client_id, code, params) values (:client, :code, cast(:params as jsonb))"
                ),
                alarm,
            )
            uow.commit()
        return [
            (one.matter, one.state, one.sentence.removeprefix(f"{slug}: "))
            for one in look()
            if one.sentence.startswith(slug)
        ]

    return alarmed


def test_a_ledger_that_does_not_add_up_is_wrong(alarmed):
    assert alarmed("ledger_difference", proof="spent") == [
        (
            "clients",
            "wrong",
            "A check of the ledger found a difference (spent). New packets wait until it is resolved. "
            + REMEDIES["alarm_ledger_difference"],
        )
    ]


def test_credit_that_runs_low_is_worth_knowing(alarmed):
    low = {"free": "1000 USD", "paid": "10000 USD"}
    assert alarmed("credit_low", **low) == [
        ("clients", "note", "Credit is low: $10.00 of the last payment of $100.00 is left.")
    ]


LISTED = (
    "insert into listed_day (account, day, outcome, listed, accepted, differences)"
    " values (:account, cast(:day as date), :outcome, 7, 5, cast(:differences as jsonb))"
)
UNRECORDED = {"side": "unrecorded", "client_id": None, "messages": 2, "provider_refs": ["SM1", "SM2"]}
UNLISTED = {"side": "unlisted", "client_id": None, "messages": 1, "provider_refs": ["SM3"]}


@pytest.fixture
def compared(boat, monkeypatch):
    """Records the outcome for the list of a day; `told` is what the doctor says about these lists."""
    monkeypatch.setattr("pipelines.cli.findings.settings", lambda: boat.settings)
    monkeypatch.setattr("pipelines.cli.findings.packetboat_of", lambda _: boat)
    account = f"provider-{uuid4().hex[:8]}"

    def change(statement, **values):
        with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
            uow.execute(text(statement), {"account": account} | values)
            uow.commit()

    def compared(day, outcome, *differences):
        change(LISTED, day=day, outcome=outcome, differences=json.dumps(differences))

    compared.told = lambda: [
        (one.matter, one.state, one.sentence.replace(account, "P"))
        for one in look()
        if account in one.sentence
    ]
    yield compared
    change("delete from listed_day where account = :account")


def test_lists_that_differ_are_wrong_and_say_where(compared):
    compared("2026-05-01", "differs", UNRECORDED, UNLISTED)
    assert compared.told() == [
        ("lists", "wrong", "P, 2026-05-01: 2 messages listed that we did not record as accepted (SM1, SM2)."),
        ("lists", "wrong", "P, 2026-05-01: 1 message accepted that the provider does not list (SM3)."),
    ]


def test_a_list_that_was_not_read_is_worth_knowing(compared):
    compared("2026-05-01", "not_read")
    sentence = "The list of P for 2026-05-01 was not read. It is tried again if the provider surely still lists that day."
    assert compared.told() == [("lists", "note", sentence)]


def test_only_the_newest_list_of_a_provider_counts(compared):
    compared("2026-05-01", "differs", UNLISTED)
    compared("2026-05-02", "agrees")
    assert compared.told() == []


def test_days_that_were_left_out_are_counted(compared):
    """Nothing ran for eleven days, and the list of one day could not be read."""
    compared("2026-05-01", "agrees")
    compared("2026-05-13", "agrees")
    compared("2026-05-14", "not_read")
    compared("2026-05-15", "agrees")
    why = "Either nothing ran and no list was read, or nothing used the account."
    sentence = f"12 days of P not compared with its list (2026-05-02 to 2026-05-14). {why}"
    assert compared.told() == [("lists", "note", sentence)]


def test_one_day_that_was_left_out_is_named(compared):
    compared("2026-05-01", "agrees")
    compared("2026-05-03", "agrees")
    ((_, _, sentence),) = compared.told()
    assert sentence.startswith("1 day of P not compared with its list (2026-05-02).")
