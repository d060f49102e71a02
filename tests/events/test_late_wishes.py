"""What a person reports about a message that has been erased, and what holds for every client."""

import pytest

from pipelines.events.apply import apply_events
from tests.events.test_apply import arrive, boat, claimed, event
from tests.sending import phones

__all__ = ["boat"]

REMEMBER = """
insert into erased_address (packet_id, address_hash, client_id)
select packet_id, address_hash(comparable_address(address)), client_id from message where packet_id = :packet
"""
PLATFORM = "select reason, address, address_hash = address_hash(:address) as same from platform_suppression where source = 'twilio event' and address_hash = address_hash(:address) order by 1"


def erased(boat, number):
    packet, (attempt,) = claimed(boat, [number])
    boat.change(REMEMBER, packet=packet)
    boat.change("update message set address = '' where packet_id = :packet", packet=packet)
    return attempt


@pytest.mark.parametrize(
    ("wish", "everywhere"), [("stop", False), ("complained", True), ("hard_bounce", False)]
)
def test_a_wish_about_an_erased_message_suppresses_by_the_hash(boat, wish, everywhere):
    number = phones(1, 7_770_000 + len(wish))[0]
    attempt = erased(boat, number)
    arrive(boat, event(attempt, None, 0, opt_out=wish, address=number))
    apply_events(boat.worker)
    query = "select address, address_hash = address_hash(:address) as same from suppression"
    assert boat.rows(query, address=number) == [(None, True)]
    assert bool(boat.rows(PLATFORM, address=number)) == everywhere


def test_another_address_than_those_of_the_erased_packet_suppresses_nobody(boat):
    attempt = erased(boat, phones(1, 7_771_000)[0])
    arrive(boat, event(attempt, None, 0, opt_out="stop", address=phones(1, 7_771_001)[0]))
    apply_events(boat.worker)
    assert boat.rows("select 1 from suppression") == []


def test_a_wrong_number_holds_for_every_client(boat):
    number = phones(1, 7_772_000)[0]
    _, (attempt,) = claimed(boat, [number])
    arrive(boat, event(attempt, None, 0, opt_out="wrong_number", address=number))
    apply_events(boat.worker)
    assert boat.rows("select reason from suppression") == [("wrong_number",)]
    assert boat.rows(PLATFORM, address=number) == [("wrong_number", number, True)]


def test_a_wish_that_is_repeated_is_kept(boat):
    number = phones(1, 7_773_000)[0]
    _, (attempt,) = claimed(boat, [number])
    for _ in range(2):
        arrive(boat, event(attempt, None, 0, opt_out="stop", address=number))
        apply_events(boat.worker)
    assert boat.rows("select last_at > created_at as later from suppression") == [(True,)]
    assert boat.rows("select change from suppression_change order by id") == [("added",), ("repeated",)]
