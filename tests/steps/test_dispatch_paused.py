"""A paused packet: its lanes claim and begin nothing more, end at once with success, and go on exactly where they were."""

import threading
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines import steps
from pipelines.actions.packets.cancel import cancel
from pipelines.events.pauses import PLATFORM, Subject, begin_pause, end_pause
from pipelines.language import Sentence, say
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.lane import Pace
from pipelines.steps.dispatch.record import Recorder
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually, sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    patient = {"call_timeout": 30.0, "connect_timeout": 30.0}  # the machine may be busy
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url, **patient)


def pause(boat, subject):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        begun = begin_pause(uow, subject, Sentence("x"), by="somebody")
        uow.commit()
    return begun


def resume(boat, subject):
    with UnitOfWork(boat.worker, every_client=True) as uow:
        ended = end_pause(uow, subject, by="somebody")
        uow.commit()
    return ended


def subjects(boat, packet):
    business = boat.business
    return {
        "packet": Subject(business.client_id, packet_id=packet),
        "campaign": Subject(business.client_id, campaign_id=business.campaign_id),
        "client": Subject(business.client_id),
        "platform": PLATFORM,
    }


@pytest.mark.parametrize("scope", ["packet", "campaign", "client", "platform"])
def test_nothing_of_a_paused_packet_is_sent_until_it_is_resumed(boat, sandbox, scope):
    packet = make_sending(boat.worker, boat.business, phones(20))
    subject = subjects(boat, packet)[scope]
    assert pause(boat, subject)
    try:
        assert not pause(boat, subject), "it is paused already"
        result = boat.run("dispatch", packet, "sms lane 1")
        assert say(result.note) == "The packet is paused. Nothing was sent."
        assert steps.ready_by_channel(boat.worker, packet) == {}
        assert boat.run("settle", packet).note
        assert boat.rows("select state from data_packet where id = :packet", packet=packet) == [
            ("preparing",)
        ]
    finally:
        assert resume(boat, subject)
    assert not sandbox.journal()
    assert steps.ready_by_channel(boat.worker, packet) == {"sms": 20}
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 20
    assert Counter(message.to for message in sandbox.journal()) == Counter(phones(20))


def test_a_pause_in_mid_flight_ends_the_lane_at_once_and_loses_nothing(boat, sandbox):
    sandbox.faults({"action": "delay", "seconds": 0.2})
    packet = make_sending(boat.worker, boat.business, phones(600))
    results = []
    lane = threading.Thread(target=lambda: results.append(boat.run("dispatch", packet, "sms lane 1")))
    lane.start()
    eventually(lambda: len(sandbox.journal()) > 40, within=60)
    subject = subjects(boat, packet)["packet"]
    pause(boat, subject)
    sent_before = len(sandbox.journal())
    lane.join(60)
    sent = len(sandbox.journal())
    assert sent <= sent_before + 2 * Pace.of(1).threads, "no more than the calls that were begun"
    assert sent < 600
    assert "The packet was paused" in say(results[0].note)
    assert boat.states(packet) == {"accepted": sent, "ready": 600 - sent}
    assert boat.wait(packet) is None
    boat.run("settle", packet)
    assert boat.rows("select state from data_packet where id = :packet", packet=packet) == [("sending",)]
    sandbox.faults()
    resume(boat, subject)
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 600}
    assert Counter(message.to for message in sandbox.journal()) == Counter(phones(600))


def test_a_lane_that_holds_its_calls_back_notices_the_pause(boat, sandbox, monkeypatch):
    usual = Pace.of
    monkeypatch.setattr(Pace, "of", lambda size: replace(usual(size), wait_here=3_600.0))
    sandbox.faults({"action": "too_many", "seconds": 600})
    packet = make_sending(boat.worker, boat.business, phones(50))
    lane = threading.Thread(target=boat.run, args=("dispatch", packet, "sms lane 1"))
    lane.start()
    query = "select 1 from provider_call where packet_id = :packet and state = 'retry'"
    eventually(lambda: boat.rows(query, packet=packet))
    pause(boat, subjects(boat, packet)["packet"])
    lane.join(60)
    assert not lane.is_alive()
    assert boat.states(packet) == {"ready": 50}


def test_a_claimed_call_is_not_begun_while_its_packet_is_paused(boat):
    packet = make_sending(boat.worker, boat.business, phones(3))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
    subject = subjects(boat, packet)["packet"]
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        recorder = Recorder(database, packet, terms.owner, frozenset())
        calls = Claims(database, terms).next_calls()
        pause(boat, subject)
        exchanged = recorder.exchange([], calls)
        assert (exchanged.packet.paused, exchanged.begun) == (True, [])
        assert Claims(database, terms).outlook().paused
        boat.change(
            "update message set state = 'ready' where packet_id = :packet and row_no = 3", packet=packet
        )
        assert Claims(database, terms).next_calls() == []
        resume(boat, subject)
        assert len(recorder.exchange([], calls).begun) == 3


def test_a_final_pause_does_not_end(boat):
    packet = make_sending(boat.worker, boat.business, phones(1))
    subject = subjects(boat, packet)["packet"]
    cancel(boat.worker, None, subject, by="somebody")
    assert not resume(boat, subject)
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0


def test_a_client_sees_the_pause_of_the_platform_and_cannot_make_or_end_one(boat, database):
    assert pause(boat, PLATFORM)
    try:
        with UnitOfWork(database.engine("app"), boat.business.client_id) as uow:
            assert (
                uow.scalar(text("select count(*) from pause where client_id is null and ended_at is null"))
                == 1
            )
            assert not end_pause(uow, PLATFORM, by="a client")
    finally:
        assert resume(boat, PLATFORM)
