"""The missed contacts: people find out what no list tells, and say it once."""

import re

import pytest
from sqlalchemy import text

from pipelines.reports import unknown
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_packet, tell_undecided


@pytest.fixture
def packet(boat, clinic):
    packet = tell_packet(boat.engine("worker"), clinic.business, state="settled", total={"waiting": 2})
    tell_undecided(boat.engine("worker"), clinic.business, packet, 2)
    return packet


def call_of(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        return uow.scalar(
            text("select id from provider_call where packet_id = :packet order by id limit 1"),
            {"packet": packet},
        )


def states(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        rows = uow.all(
            text("select state, count(*) from message where packet_id = :packet group by 1"),
            {"packet": packet},
        )
    return {row.state: row.count for row in rows}


def test_the_page_says_whom_to_call_and_why(clinic, packet):
    page = clinic.person.get(f"/missed/?packet={packet}").text
    assert page.count("They did not") == 2
    assert "it must never arrive twice" in page
    assert "cannot be undone" in page
    assert re.search(r"call \+\d+", page)


def test_the_packet_leads_there(clinic, support, packet):
    page = clinic.person.get(f"/packets/{packet}").text
    assert f"/missed/?packet={packet}" in page
    assert "Only a person can find out" in support.get(f"/packets/{packet}").text


@pytest.mark.parametrize(
    ("decision", "state", "words"),
    [("received", "accepted", "counts as sent"), ("not_received", "ready", "sent again")],
)
def test_a_decision_takes_effect_once(boat, clinic, packet, decision, state, words):
    call = call_of(boat, clinic, packet)
    answer = clinic.person.post(f"/missed/{call}?packet={packet}", {"decision": decision})
    assert answer.status_code == 303
    assert words in clinic.person.get(answer.location).text
    assert states(boat, clinic, packet) == {state: 1, "unknown": 1}
    clinic.person.post(f"/missed/{call}", {"decision": "received"})
    page = clinic.person.get("/missed/").text
    assert "is already known" in page
    assert clinic.person.username in page, "who decided"
    assert states(boat, clinic, packet) == {state: 1, "unknown": 1}


def test_nobody_is_to_be_called_when_nothing_waits(fresh):
    page = fresh.person.get("/missed/").text
    assert "No messages need a decision" in page
    assert "Call them" not in page


def test_more_than_are_listed_are_announced(clinic, packet, monkeypatch):
    words = "These are the oldest; others follow as soon as you decide."
    assert words not in clinic.person.get(f"/missed/?packet={packet}").text
    monkeypatch.setattr(unknown, "MAX_LISTED", 1)
    page = clinic.person.get(f"/missed/?packet={packet}").text
    assert page.count("They did not") == 1
    assert words in page


def test_a_decision_needs_a_form_of_ours(boat, clinic, packet):
    call = call_of(boat, clinic, packet)
    assert clinic.person.browser.post(f"/missed/{call}", data={"decision": "received"}).status_code == 400
    assert clinic.person.post(f"/missed/{call}", {"decision": "perhaps"}).status_code == 400
    assert clinic.person.get(f"/missed/{call}").status_code == 405
    assert states(boat, clinic, packet) == {"unknown": 2}


def test_another_client_sees_and_decides_nothing(boat, clinic, other, packet):
    call = call_of(boat, clinic, packet)
    assert "They did not" not in other.person.get(f"/missed/?packet={packet}").text
    assert other.person.post(f"/missed/{call}", {"decision": "received"}).status_code == 404
    assert states(boat, clinic, packet) == {"unknown": 2}


def test_an_odd_address_is_not_found(clinic):
    assert clinic.person.get("/missed/?packet=nonsense").status_code == 404


def test_people_whose_message_was_too_late_are_listed_with_their_packet(boat, clinic, other, packet):
    late = tell_packet(
        boat.engine("worker"), clinic.business, state="settled", file_name="late.csv", total={"expired": 3}
    )
    for address in ("/missed/", f"/missed/?packet={late}"):
        page = clinic.person.get(address).text
        assert "Too late to be sent" in page
        assert "3 people" in page
        assert f"/packets/{late}/messages?show=expired" in page
    assert clinic.person.get(f"/packets/{late}/messages?show=expired").status_code == 200
    assert "Too late to be sent" not in clinic.person.get(f"/missed/?packet={packet}").text
    assert "Too late to be sent" not in other.person.get(f"/missed/?packet={late}").text


def test_a_double_is_listed_until_it_is_noted(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        attempt = uow.scalar(
            text(
                "insert into late_proof (attempt_id, client_id, packet_id, message_id, inbox_id, resent)"
                " select uuidv7(), client_id, packet_id, id, 1, true from message where packet_id = :packet limit 1 returning attempt_id"
            ),
            {"packet": packet},
        )
        uow.commit()
    address = f"/missed/?packet={packet}"
    assert "1 message may have been sent twice" in clinic.person.get(address).text
    assert clinic.person.post(f"/missed/twice/{attempt}").status_code == 303
    assert "may have been sent twice" not in clinic.person.get(address).text
