"""`packetboat doctor` names the alarms about clients."""

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
