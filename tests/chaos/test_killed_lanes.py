"""Lanes that are killed or frozen at random moments: no message is sent twice, and none is lost (P1, P2)."""

import random
import signal
import time
from dataclasses import replace

import pytest
import requests

from pipelines.events.sweep import close_dead_calls
from pipelines.steps.dispatch.lane import Pace
from tests.chaos.ground import (
    LaneProcess,
    compare_books,
    deliver,
    everybody_got_one_that_was_paid_for,
    journal,
    let_hands_empty,
    let_leases_end,
    pay_for,
    sandbox_process,
)
from tests.fixtures_sandbox import eventually, raw_server, receiver
from tests.reconciling import twice_empty
from tests.sending import boat_for, make_sending, phones

__all__ = ["raw_server", "receiver"]

MESSAGES = 5_000
IN_FLIGHT = Pace.of(1).threads  # calls of a lane that is killed


@pytest.fixture
def home(tmp_path):
    return tmp_path / "provider"


@pytest.fixture
def boat(database, business, home, receiver, tmp_path):
    with sandbox_process(home) as url:
        yield boat_for(
            database.engine("worker"), business, tmp_path, url, public_url=receiver.url, call_timeout=5.0
        )


def sent_more_than(home, before):
    return eventually(lambda: len(journal(home)) > before, within=60)


def callbacks_settle(receiver):
    """Wait until no callback has come for a while."""
    count = -1
    while count != len(receiver.received):
        count = len(receiver.received)
        time.sleep(2)


def test_ten_kills_send_nothing_twice_and_lose_nothing(boat, home, receiver):
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    dice = random.Random(2026)
    for _kill in range(10):
        before = len(journal(home))
        lane = LaneProcess(boat, packet, "sms lane 1")
        sent_more_than(home, before)
        time.sleep(dice.uniform(0, 0.2))
        assert lane.process.poll() is None, "the lane was done before it could be killed"
        lane.kill()
    # A new lane takes what is ready and what the dead ones had not begun; what they had begun it leaves alone.
    let_hands_empty(boat, packet)
    assert LaneProcess(boat, packet, "sms lane 1").accepted() > 0
    states = compare_books(boat, packet, home)
    assert states["ready"] == 0
    assert 0 < states["sending"] <= 10 * IN_FLIGHT, "ten kills hit nothing, or more than was in flight"

    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    assert boat.states(packet)["unknown"] == states["unknown"] + states["sending"]
    boat.run("dispatch", packet, "sms lane 1")
    states = compare_books(boat, packet, home)
    assert states["ready"] == states["sending"] == 0
    assert states["unknown"] + states["accepted"] == MESSAGES

    # The provider's callbacks carry our own id, so they find what the dead lanes had sent and could not write down.
    callbacks_settle(receiver)
    deliver(boat, receiver.received)
    states = compare_books(boat, packet, home)
    assert states["delivered"] == len(journal(home))
    assert states["unknown"] == MESSAGES - len(journal(home))


def test_a_lane_that_freezes_past_its_lease_changes_nothing_when_it_wakes(boat, home, receiver):
    packet = make_sending(boat.worker, boat.business, phones(1_000))
    frozen = LaneProcess(boat, packet, "sms lane 1")
    sent_more_than(home, 30)
    frozen.send(signal.SIGSTOP)
    let_hands_empty(boat, packet)
    other = LaneProcess(boat, packet, "sms lane 2")
    assert other.accepted() > 0
    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    given_up = boat.states(packet).get("unknown", 0)
    assert 0 < given_up <= IN_FLIGHT
    frozen.send(signal.SIGCONT)
    frozen.result()
    states = compare_books(boat, packet, home)
    assert states["unknown"] == given_up, "late answers of a lane that was given up were recorded"
    callbacks_settle(receiver)
    deliver(boat, receiver.received)
    states = compare_books(boat, packet, home)
    assert states["delivered"] + states["unknown"] == 1_000
    assert states["delivered"] == len(journal(home))


def test_two_workers_on_one_lane_send_each_message_once(boat, home):
    """Airflow may run a task twice, when it has lost sight of the first: both are at work at the same time."""
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    slow_down(boat, 1.0)
    lanes = [LaneProcess(boat, packet, "sms lane 1") for _ in range(2)]
    at_work = "select distinct owner from provider_call where packet_id = :packet"
    eventually(lambda: len(boat.rows(at_work, packet=packet)) == 2, within=120)
    slow_down(boat, 0.0)
    results = [lane.accepted() for lane in lanes]
    assert min(results) > 0, "one of them had nothing left to send"
    assert sum(results) == len(journal(home)) == MESSAGES
    assert compare_books(boat, packet, home) == {"accepted": MESSAGES}


def test_a_lane_that_gets_sigterm_leaves_nothing_in_doubt(boat, home):
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    lane = LaneProcess(boat, packet, "sms lane 1")
    sent_more_than(home, 0)
    lane.send(signal.SIGTERM)
    assert lane.result(within=60) == {"later": "ended"}
    states = compare_books(boat, packet, home)
    assert states.keys() == {"accepted", "ready"}
    assert LaneProcess(boat, packet, "sms lane 1").accepted() == states["ready"]
    assert compare_books(boat, packet, home) == {"accepted": MESSAGES}


@pytest.mark.timeout(900)
def test_mail_that_was_claimed_and_never_begun_goes_out_all_the_same(boat, home):
    """Two lanes with calls of 1,000 in flight and in hand: only what was in flight may stay in doubt. Both begin carefully."""
    careful, in_flight, in_hand = 1 + 10 + 100 + 1_000, 2_000, 1_000
    of_one = ["quick"] * careful + ["slow"] * (in_flight + in_hand)
    addresses = [f"{kind}{number}@example.com" for number, kind in enumerate(of_one * 2)]
    packet = make_sending(boat.worker, boat.business, addresses, "email")
    pay_for(boat, packet)
    slow_down(boat, 90.0, to="^slow")
    patient = replace(boat, settings=boat.settings.model_copy(update={"call_timeout": 100.0}))
    lanes = []
    for number in (1, 2):
        lanes.append(LaneProcess(patient, packet, f"e-mail lane {number}"))
        eventually(lambda: len(calls(boat, packet, "begun_at is not null")) == 2 * len(lanes), within=120)
        eventually(lambda: len(calls(boat, packet, "begun_at is null")) == len(lanes), within=120)
    for lane in lanes:
        lane.kill()
    slow_down(boat, 0.0)
    let_hands_empty(boat, packet)
    assert LaneProcess(patient, packet, "e-mail lane 1").accepted() == 2 * in_hand
    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    assert boat.states(packet) == {"accepted": 2 * (careful + in_hand), "unknown": 2 * in_flight}
    # What the dead lanes had in flight has arrived in the end, and the provider's list says so.
    eventually(lambda: len(journal(home)) == len(addresses), within=200)
    twice_empty(boat)
    everybody_got_one_that_was_paid_for(boat, packet, home)


def calls(boat, packet, which):
    return boat.rows(
        f"select id from provider_call where packet_id = :packet and state = 'sending' and {which}",
        packet=packet,
    )


def slow_down(boat, seconds, to=""):
    url = f"http://127.0.0.1:{boat.settings.sandbox_port}/sandbox/faults"
    requests.post(
        url, json=[{"action": "delay", "seconds": seconds, "to": to}], timeout=10
    ).raise_for_status()
