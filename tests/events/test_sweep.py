"""The sweep: a call without an answer becomes unknown when its lease has ended, and never before."""

from uuid import uuid4

import pytest

from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.domain.sending import CLAIM_SECONDS
from pipelines.events.sweep import close_dead_calls, give_back_unbegun
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from tests.sending import boat_for, make_sending, phones


@pytest.fixture
def boat(database, business, tmp_path):
    close_dead_calls(database.engine("worker"))  # those that other tests left in this database
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def claim(boat, count, lease_seconds, *, begun=True, last_first=False):
    packet = make_sending(boat.worker, boat.business, phones(count))
    if last_first:
        due = "update message set expires_at = now() + make_interval(days => 99 - row_no) where packet_id = :packet"
        boat.change(due, packet=packet)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, lease_seconds)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        calls = Claims(database, terms).next_calls()
        assert len(calls) == min(count, 50)
        if begun:
            Recorder(database, packet, terms.owner, frozenset()).exchange([], calls)
    return packet


def let_time_pass(boat, packet, seconds):
    boat.change(
        "update provider_call set claimed_at = claimed_at - make_interval(secs => :seconds) where packet_id = :packet",
        packet=packet,
        seconds=seconds,
    )


def test_a_lease_that_has_ended_makes_its_messages_unknown(boat):
    packet = claim(boat, 3, -1.0)
    assert close_dead_calls(boat.worker) == 3
    assert boat.states(packet) == {"unknown": 3}
    assert boat.rows(
        "select distinct state, error_code from provider_call where packet_id = :packet", packet=packet
    ) == [("unknown", "lease_ended")]
    assert close_dead_calls(boat.worker) == 0


def test_a_living_lease_is_left_alone(boat):
    packet = claim(boat, 3, 60.0)
    assert close_dead_calls(boat.worker) == 0
    assert boat.states(packet) == {"sending": 3}


def test_what_was_claimed_and_never_begun_is_ready_again(boat):
    packet = claim(boat, 3, 60.0, begun=False)
    assert close_dead_calls(boat.worker) == 0
    assert boat.states(packet) == {"sending": 3}, "a lane may keep it in hand for a while"
    let_time_pass(boat, packet, CLAIM_SECONDS)
    assert close_dead_calls(boat.worker) == 0
    assert boat.states(packet) == {"ready": 3}
    assert boat.rows(
        "select distinct state, error_code from provider_call where packet_id = :packet", packet=packet
    ) == [("retry", "not_begun")]


def test_what_was_never_begun_does_not_become_unknown(boat):
    packet = claim(boat, 3, -1.0, begun=False)
    assert close_dead_calls(boat.worker) == 0
    assert boat.states(packet) == {"sending": 3}


def test_what_comes_back_after_its_deadline_expires(boat):
    packet = claim(boat, 3, 60.0, begun=False)
    boat.change(
        "update message set expires_at = now() where packet_id = :packet and row_no = 2", packet=packet
    )
    let_time_pass(boat, packet, CLAIM_SECONDS)
    close_dead_calls(boat.worker)
    assert boat.states(packet) == {"ready": 2, "expired": 1}


def settled_with(boat, packet):
    """What settle counted, the packet's state, and what a recount finds wrong."""
    recount_packets(boat.worker, packet_id=packet)
    return (
        boat.rows("select waiting, expired from packet_total where packet_id = :packet", packet=packet),
        boat.rows("select state from data_packet where id = :packet", packet=packet),
        boat.rows("select code from packet_alarm where packet_id = :packet", packet=packet),
    )


def test_what_expires_after_it_came_back_moves_the_totals_of_its_packet(boat):
    packet = claim(boat, 3, 60.0, begun=False)
    boat.run("settle", packet)
    boat.change("update message set expires_at = now() where packet_id = :packet", packet=packet)
    let_time_pass(boat, packet, CLAIM_SECONDS)
    close_dead_calls(boat.worker)
    assert settled_with(boat, packet) == ([(0, 3)], [("settled",)], [])


def test_what_was_begun_never_comes_back_by_itself(boat):
    packet = claim(boat, 3, 60.0)
    let_time_pass(boat, packet, 10 * CLAIM_SECONDS)
    assert give_back_unbegun(boat.worker) == 0
    assert boat.states(packet) == {"sending": 3}


def test_one_packet_is_given_back_alone(boat):
    packet, other = claim(boat, 2, 60.0, begun=False), claim(boat, 2, 60.0, begun=False)
    for each in (packet, other):
        let_time_pass(boat, each, CLAIM_SECONDS)
    assert give_back_unbegun(boat.worker, packet) == 2
    assert (boat.states(packet), boat.states(other)) == ({"ready": 2}, {"sending": 2})


def test_what_is_ready_stays_ready(boat):
    packet = claim(boat, 60, -1.0)
    close_dead_calls(boat.worker)
    assert boat.states(packet) == {"unknown": 50, "ready": 10}


def test_a_packet_that_waited_for_a_dead_lane_is_settled(boat):
    packet = claim(boat, 2, -1.0)
    boat.run("settle", packet)
    query = "select state from data_packet where id = :packet"
    assert boat.rows(query, packet=packet) == [("sending",)]
    close_dead_calls(boat.worker)
    assert boat.rows(query, packet=packet) == [("settled",)]
