"""Pausing, resuming and cancelling on the packet's page, by its client and by support."""

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import make_sending, phones


@pytest.fixture
def packet(boat, clinic):
    return make_sending(boat.engine("worker"), clinic.business, phones(4))


def states(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        query = "select state, count(*) from message where packet_id = :packet group by state"
        return {row.state: row.count for row in uow.all(text(query), {"packet": packet})}


def test_a_client_pauses_and_resumes_their_own_packet(clinic, packet):
    assert "Pause sending" in clinic.person.get(f"/packets/{packet}").text
    clinic.person.post(f"/packets/{packet}/pause")
    page = clinic.person.get(f"/packets/{packet}").text
    assert "This packet has been paused since" in page
    assert "No reason was given." in page
    assert "Pause sending" not in page
    assert "This packet has been paused since" in clinic.person.get("/packets/").text
    clinic.person.post(f"/packets/{packet}/resume")
    assert "Pause sending" in clinic.person.get(f"/packets/{packet}").text


def test_cancelling_says_first_how_many_messages_will_not_go_out(boat, clinic, packet):
    page = clinic.person.get(f"/packets/{packet}/cancel").text
    assert "4 messages will not be sent" in page
    assert "This cannot be undone." in page
    assert states(boat, clinic, packet) == {"ready": 4}
    clinic.person.post(f"/packets/{packet}/cancel", data={"reason": "wrong list"})
    assert states(boat, clinic, packet) == {"cancelled": 4}
    page = clinic.person.get(f"/packets/{packet}").text
    assert "was cancelled on" in page
    assert "“wrong list”" in page
    assert "Resume sending" not in page
    assert "Cancel…" not in page
    assert clinic.person.post(f"/packets/{packet}/cancel").status_code == 409


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_another_clients_packet_is_not_found(boat, clinic, other, packet, action):
    assert other.person.post(f"/packets/{packet}/{action}").status_code == 404
    assert states(boat, clinic, packet) == {"ready": 4}


def test_support_controls_every_clients_packets(support, packet):
    support.post(f"/packets/{packet}/pause")
    assert "Resume sending" in support.get(f"/packets/{packet}").text


def test_without_a_token_nothing_happens(boat, clinic, packet):
    answer = clinic.person.browser.post(f"/packets/{packet}/cancel", data={})
    assert answer.status_code != 303
    assert states(boat, clinic, packet) == {"ready": 4}
