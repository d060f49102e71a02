"""`packetboat message`: what only a person can find out, on the command line."""

import json

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.webapp.stories import tell_packet, tell_undecided


@pytest.fixture
def engine(boat):
    return boat.engine("worker")


@pytest.fixture
def business(engine):
    return make_business(engine)


@pytest.fixture
def packet(engine, business):
    packet = tell_packet(engine, business, state="settled", total={"waiting": 2})
    tell_undecided(engine, business, packet, 2, "ambiguous")
    return packet


def listed(shell, business):
    return json.loads(shell("message", "unknown", "--client", business.slug, "--json").out)


def test_the_list_names_the_calls_and_why(shell, business, packet):
    codes = [one["call_id"] for one in listed(shell, business)["undecided"]]
    done = shell("message", "unknown", "--client", business.slug)
    assert len(codes) == 2
    assert "another message" in " ".join(done.out.split())


def test_an_empty_list_says_so(shell, business):
    assert shell("message", "unknown", "--client", business.slug).out == "No messages need a decision.\n"


def test_a_decision_is_made_once(shell, engine, business, packet):
    first, second = (one["call_id"] for one in listed(shell, business)["undecided"])
    assert "1 message will be sent again" in shell("message", "resolve", first, "not-received").out
    assert json.loads(shell("message", "resolve", second, "received", "--json").out)["ready"] == 0
    assert "is already known" in shell("message", "resolve", first, "received").sentence
    with UnitOfWork(engine, business.client_id) as uow:
        rows = uow.all(
            text("select state from message where packet_id = :packet order by state"), {"packet": packet}
        )
    assert [row.state for row in rows] == ["accepted", "ready"]


def test_a_decision_must_be_said(shell, business, packet):
    first = listed(shell, business)["undecided"][0]["call_id"]
    assert shell("message", "resolve", first).code == 2
    assert len(listed(shell, business)["undecided"]) == 2


def test_an_unknown_code_is_not_found(shell):
    unused = "00000000-0000-0000-0000-000000000000"
    assert f"There is no call {unused}." in shell("message", "resolve", unused, "received").sentence
    assert unused in shell("message", "noted", unused).sentence
