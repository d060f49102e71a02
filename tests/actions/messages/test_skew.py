"""A clock of ours that is wrong never makes a message go out twice: what the provider lists at another time is proven by its id, or left to a person."""

import pytest

from tests.reconciling import after, lost, send
from tests.sending import mailboxes, phones

TIMES = ("claimed_at", "begun_at", "lease_until")


def shift(boat, packet, by):
    """What our clock says of the calls if it is so much ahead."""
    times = ", ".join(f"{name} = {name} + cast(:by as interval)" for name in TIMES)
    boat.change(f"update provider_call set {times} where packet_id = :packet", by=by, packet=packet)


def read_twice(boat):
    for minutes in (100, 106, 112):
        after(boat, minutes=minutes)


@pytest.mark.parametrize("ahead", ["6 seconds", "50 minutes", "-50 minutes"])
def test_a_text_that_is_listed_at_another_time_is_left_to_a_person(boat, ahead):
    packet, _ = lost(boat, phones(2))
    shift(boat, packet, ahead)
    read_twice(boat)
    reasons = boat.rows("select reason from call_check where packet_id = :packet", packet=packet)
    assert (boat.states(packet), reasons) == ({"unknown": 2}, [("ambiguous",)] * 2)


@pytest.mark.parametrize("ahead", ["6 seconds", "50 minutes"])
def test_our_own_reference_proves_a_call_at_any_time(boat, ahead):
    packet, _ = lost(boat, mailboxes(2), "email")
    shift(boat, packet, ahead)
    after(boat, minutes=2)
    assert boat.states(packet).keys() <= {"accepted", "sent", "delivered"}


def test_another_text_at_another_time_leaves_nothing_to_a_person(boat):
    packet, (call,) = lost(boat, phones(1), arrived=set())
    boat.change("update message set body = 'Something else' where packet_id = :packet", packet=packet)
    send(boat, call.messages)
    shift(boat, packet, "5 minutes")
    read_twice(boat)
    assert boat.states(packet) == {"ready": 1}


def test_a_message_of_another_call_at_another_time_leaves_nothing_to_a_person(boat):
    first, _ = lost(boat, phones(1), arrived={0}, same_text=True)
    after(boat, minutes=2)
    assert "unknown" not in boat.states(first)
    second, _ = lost(boat, phones(1), arrived=set(), same_text=True)
    shift(boat, second, "5 minutes")
    read_twice(boat)
    assert boat.states(second) == {"ready": 1}
