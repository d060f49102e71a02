"""The bill of a packet adds up by what the ledger says of each part, and tells when the books were tampered with."""

import pytest

from pipelines.actions.billing.refund import refund
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.events.waiting import watch_waits
from pipelines.language import say
from pipelines.reports.billing import Bill
from tests.billing.paying import Paying, paying

__all__ = ["paying"]


def bill(paying):
    with paying.uow() as uow:
        return Bill.read(uow, paying.packet)


def parts(paying):
    read = bill(paying)
    assert read.adds_up
    return read.spent_minor, read.reserved_minor, read.returned_minor


@pytest.fixture
def used(paying):
    """A packet of ten messages of 2 cents, in every state that matters, with a refund."""
    paying.people(10)
    paying.run()
    for state, rows in {"delivered": [1, 2, 3, 4], "failed": [5, 6], "unknown": [7], "expired": [8]}.items():
        paying.move(state, rows)
    (message,) = paying.select("select id from message where packet_id = :packet and row_no = 1")
    refund(paying.app, paying.business.client_id, message.id, reason="late", minor=1)
    return paying


def test_each_part_is_what_the_ledger_says(used):
    assert parts(used) == (7, 6, 7)
    used.move("failed", [1, 2])
    assert parts(used) == (4, 6, 10)
    used.move("accepted", [2, 5, 8])
    assert parts(used) == (10, 6, 4)


def test_what_ended_while_the_packet_waited_was_never_reserved(database, tmp_path):
    poor = Paying(database, tmp_path, credit=15)
    poor.people(10)
    poor.run()
    poor.run("settle")
    poor.change(
        "update message set expires_at = packetboat_now() - interval '1 minute' where packet_id = :packet and row_no <= 3"
    )
    watch_waits(poor.engine)
    assert bill(poor).waiting
    poor.pay(1)
    assert parts(poor) == (0, 14, 6)
    poor.move("delivered", [4, 5])
    poor.move("failed", [6])
    assert parts(poor) == (4, 8, 8)


def test_what_an_earlier_charge_of_the_packet_returned_does_not_count(paying):
    paying.people(10)
    paying.run()
    paying.move("suppressed", [1])
    assert parts(paying) == (0, 18, 2)
    paying.people(2)
    paying.run()
    assert parts(paying) == (0, 24, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "update journal set reserved_minor = reserved_minor + 1 where kind = 'reserve' and packet_id = :packet",
        "update journal set kind = 'capture' where kind = 'reserve' and packet_id = :packet",
        "update packet_charge set total_minor = total_minor + 1 where packet_id = :packet",
        "update packet_charge set never_reserved_minor = 1 where packet_id = :packet",
    ],
)
def test_a_bill_that_was_tampered_with_does_not_add_up(used, statement):
    used.tamper(statement)
    read = bill(used)
    assert not read.adds_up
    assert "contradict each other" in say(read.sentence)


def test_a_bill_says_what_a_recount_found(used):
    """What was returned and what is reserved are read from one journal, so only the messages know better."""
    for state, rows in {"failed": [7, 9], "delivered": [10]}.items():
        used.move(state, rows)
    used.run("settle")
    used.tamper(
        "update journal set reserved_minor = reserved_minor + 1 where packet_id = :packet"
        " and id = (select max(id::text)::uuid from journal where kind = 'release' and packet_id = :packet)"
    )
    before = bill(used)
    assert (before.adds_up, before.recount) == (True, None)
    recount_packets(used.engine, packet_id=used.packet)
    read = bill(used)
    assert (read.adds_up, read.is_balanced) == (False, True)
    assert read.sentence == before.sentence
    assert "=" in say(read.sentence)
    assert say(read.recount) == "A recount of the messages gives a different amount."
