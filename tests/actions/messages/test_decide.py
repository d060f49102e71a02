"""A person decides about an unknown call, once: they got it, or they did not."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.messages.decide import AlreadyDecided, decide_call, note_double
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.errors import NotFound
from pipelines.reports.unknown import MissedPage, UnknownOfPacket
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.reconciling import after, lost, twice_empty
from tests.sending import mailboxes, phones

NEEDS = "select code, cases from packet_need where packet_id = :packet"


@pytest.fixture
def packet(boat):
    """A settled packet with two unknown messages."""
    packet, _ = lost(boat, phones(2), arrived=set())
    boat.run("settle", packet)
    return packet


def calls(boat, packet):
    return [
        row.id
        for row in boat.rows(
            "select id from provider_call where packet_id = :packet order by id", packet=packet
        )
    ]


def decide(boat, call, *, received, client=None):
    return decide_call(boat.worker, client or boat.business.client_id, call, received=received, by="maria")


def test_they_got_it(boat, packet):
    call, _ = calls(boat, packet)
    assert decide(boat, call, received=True) == 0
    assert boat.states(packet) == {"accepted": 1, "unknown": 1}
    assert boat.rows("select sent, waiting from packet_total where packet_id = :packet", packet=packet) == [
        (1, 1)
    ]
    rows = boat.rows(
        "select decision, decided_by, decided_at is not null from call_check where call_id = :call", call=call
    )
    assert rows == [("received", "maria", True)]
    recount_packets(boat.worker, packet_id=packet)
    assert boat.rows("select code from packet_alarm where packet_id = :packet", packet=packet) == []


def test_they_did_not_so_it_is_sent_again(boat, sandbox, packet):
    call, _ = calls(boat, packet)
    assert decide(boat, call, received=False) == 1
    assert boat.states(packet) == {"ready": 1, "unknown": 1}
    assert boat.rows("select state from data_packet where id = :packet", packet=packet) == [("sending",)]
    boat.run("dispatch", packet, "sms lane 1")
    assert len(sandbox.journal()) == 1


def test_too_late_it_expires(boat):
    packet, _ = lost(boat, phones(1), arrived=set())
    boat.change("update message set expires_at = now() where packet_id = :packet", packet=packet)
    assert decide(boat, calls(boat, packet)[0], received=False) == 0
    assert boat.states(packet) == {"expired": 1}


def test_a_decision_is_final(boat, packet):
    call, _ = calls(boat, packet)
    decide(boat, call, received=True)
    with pytest.raises(AlreadyDecided):
        decide(boat, call, received=False)
    twice_empty(boat)
    assert boat.states(packet) == {"accepted": 1, "ready": 1}


def test_two_people_decide_once(boat, packet):
    call, _ = calls(boat, packet)

    def once(received):
        try:
            return decide(boat, call, received=received)
        except AlreadyDecided:
            return None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(once, (True, False)))
    assert done.count(None) == 1


def test_what_became_known_meanwhile_is_left_alone(boat):
    packet, _ = lost(boat, phones(1))
    after(boat, minutes=2)
    with pytest.raises(AlreadyDecided):
        decide(boat, calls(boat, packet)[0], received=False)
    assert (
        boat.rows(
            "select decision from call_check where packet_id = :packet and decision is not null",
            packet=packet,
        )
        == []
    )


def test_nobody_decides_about_anothers_calls(boat, packet):
    stranger = make_business(boat.worker).client_id
    with pytest.raises(NotFound):
        decide(boat, calls(boat, packet)[0], received=False, client=stranger)
    with pytest.raises(NotFound):
        decide(boat, uuid4(), received=False)
    assert boat.states(packet) == {"unknown": 2}


def test_a_call_of_many_is_decided_as_a_whole(boat):
    packet, _ = lost(boat, mailboxes(5), "email", arrived=set())
    assert decide(boat, calls(boat, packet)[0], received=False) == 5
    assert boat.states(packet) == {"ready": 5}


def test_the_page_lists_what_only_a_person_can_decide(boat, packet):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        assert MissedPage.read(uow, packet).undecided == []
        assert UnknownOfPacket.read(uow, packet).checking == 2
    boat.change(
        "insert into call_check (call_id, client_id, packet_id, next_at, reason)"
        " select id, client_id, packet_id, 'infinity', 'valuable' from provider_call where packet_id = :packet",
        packet=packet,
    )
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        page = MissedPage.read(uow, packet)
        assert UnknownOfPacket.read(uow, packet).undecided == 2
        needs = uow.all(text(NEEDS), {"packet": packet})
    assert [one.address for one in page.undecided] == phones(2)
    assert needs == [("undecided", 2)]


def test_a_double_is_needed_until_it_is_noted(boat, packet):
    (message,) = boat.rows("select id from message where packet_id = :packet and row_no = 1", packet=packet)
    attempt = uuid4()
    boat.change(
        "insert into late_proof (attempt_id, client_id, packet_id, message_id, inbox_id, resent)"
        " values (:attempt, :client, :packet, :message, 1, true)",
        attempt=attempt, client=boat.business.client_id, packet=packet, message=message.id,
    )  # fmt: skip
    assert boat.rows(f"{NEEDS} and code = 'sent_twice'", packet=packet) == [("sent_twice", 1)]
    note_double(boat.worker, boat.business.client_id, attempt, by="maria")
    assert boat.rows(f"{NEEDS} and code = 'sent_twice'", packet=packet) == []
    with pytest.raises(NotFound):
        note_double(boat.worker, boat.business.client_id, attempt, by="maria")
