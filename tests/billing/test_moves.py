"""Money follows the states of messages, whoever moves them."""

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import LONG, Paying, paying
from tests.steps.assembling import EMAIL, bench

__all__ = ["bench", "paying"]

TAKEN = ["accepted", "sent", "delivered", "undelivered"]
OVER = ["failed", "suppressed", "expired", "cancelled"]


@pytest.fixture
def packet(paying):
    """Ten messages of 2 cents each."""
    paying.people(10)
    paying.run()
    assert paying.balances() == {"paid_in": -1000, "available": 980, "reserved": 20}
    return paying


@pytest.mark.parametrize("state", TAKEN)
def test_a_message_that_was_taken_is_paid_for(packet, state):
    packet.move(state, [1, 2, 3])
    assert packet.balances() == {"paid_in": -1000, "available": 980, "reserved": 14, "spent": 6}
    assert packet.journals()[-1] == ("capture", -6, 6, 3)


@pytest.mark.parametrize("state", OVER)
def test_a_message_that_will_not_go_out_costs_nothing(packet, state):
    packet.move(state, [1, 2])
    assert packet.balances() == {"paid_in": -1000, "available": 984, "reserved": 16}
    assert packet.journals()[-1] == ("release", -4, 0, 2)


@pytest.mark.parametrize("state", ["sending", "unknown", "ready"])
def test_a_message_that_may_still_go_out_stays_reserved(packet, state):
    packet.move(state)
    assert packet.balances() == {"paid_in": -1000, "available": 980, "reserved": 20}
    assert len(packet.journals()) == 1


def test_later_reports_cost_nothing_more(packet):
    for state in ("sending", "accepted", "sent", "delivered"):
        packet.move(state)
    assert packet.balances() == {"paid_in": -1000, "available": 980, "spent": 20}
    assert [one.kind for one in packet.journals()] == ["reserve", "capture"]


def test_a_failure_that_is_reported_later_gives_the_charge_back(packet):
    packet.move("accepted")
    packet.move("failed", [4])
    assert packet.balances() == {"paid_in": -1000, "available": 982, "spent": 18}
    assert packet.journals()[-1] == ("reversal", 0, -2, 1)


@pytest.mark.parametrize("state", ["sending", "unknown", "ready"])
def test_one_statement_with_different_ends_is_one_journal(packet, state):
    packet.change(
        f"update message set state = case when row_no <= 6 then 'accepted' when row_no <= 8 then 'failed' else '{state}' end"
        " where packet_id = :packet"
    )
    assert packet.balances() == {"paid_in": -1000, "available": 984, "reserved": 4, "spent": 12}
    assert packet.journals()[-1] == ("capture", -16, 12, 8)
    packet.move("accepted", [9, 10])
    assert packet.balances() == {"paid_in": -1000, "available": 984, "spent": 16}


def test_what_is_not_covered_is_owed_and_the_next_payment_pays_it(database, tmp_path):
    """A failure gave the money back, another packet took it, and then the phone reports that it has the message."""
    paying = Paying(database, tmp_path, credit=20)
    paying.people(10)
    paying.run()
    paying.move("failed")
    other = paying.assembled(9)
    assert paying.balances() == {"paid_in": -20, "available": 2, "reserved": 18}
    paying.move("delivered")
    assert paying.balances() == {"paid_in": -20, "owed": -18, "reserved": 18, "spent": 20}
    paying.pay(10)
    assert paying.balances() == {"paid_in": -30, "owed": -8, "reserved": 18, "spent": 20}
    paying.move("cancelled", packet=other)
    assert paying.balances() == {"paid_in": -30, "available": 10, "spent": 20}


@pytest.mark.parametrize(("billed", "charged"), [(0, 4), (1, 2), (2, 4), (3, 4), (None, 4)])
def test_the_providers_segments_decide_up_to_what_was_reserved(database, tmp_path, billed, charged):
    paying = Paying(database, tmp_path, texts=[LONG, EMAIL])
    paying.people(1)
    paying.run()
    assert paying.balances()["reserved"] == 4
    paying.move("accepted", billed_segments="null" if billed is None else billed)
    assert paying.balances() == {"paid_in": -1000, "available": 1000 - charged, "spent": charged}


def test_segments_that_become_known_after_a_report_correct_the_charge(database, tmp_path):
    paying = Paying(database, tmp_path, texts=[LONG, EMAIL])
    paying.people(1)
    paying.run()
    paying.move("delivered")
    paying.change("update message set billed_segments = 1 where packet_id = :packet")
    assert paying.balances() == {"paid_in": -1000, "available": 998, "spent": 2}


def test_messages_of_several_months_and_clients_move_in_one_statement(database, tmp_path):
    """The trigger sits on the partitioned parent, and sees the rows of every partition."""
    first, second = Paying(database, tmp_path), Paying(database, tmp_path)
    for one in (first, second):
        one.people(2)
        one.run()
    with UnitOfWork(database.engine("owner"), every_client=True) as uow:
        uow.execute(text("select ensure_message_partition(now() - interval '5 months')"))
        uow.commit()
    with UnitOfWork(database.engine("worker"), every_client=True) as uow:
        uow.execute(
            text(
                "update message set id = overlay(id::text placing left(uuidv7_floor(now() - interval '5 months')::text, 13) from 1 for 13)::uuid"
                " where packet_id = :packet and row_no = 2"
            ),
            {"packet": first.packet},
        )
        uow.commit()
        assert (
            uow.scalar(
                text("select count(distinct tableoid) from message where packet_id = :p"), {"p": first.packet}
            )
            == 2
        )
        uow.execute(
            text("update message set state = 'accepted' where packet_id in (:one, :two)"),
            {"one": first.packet, "two": second.packet},
        )
        uow.commit()
    for one in (first, second):
        assert one.balances() == {"paid_in": -1000, "available": 996, "spent": 4}


def test_without_a_price_nothing_is_booked(bench):
    bench.rows({"first_name": "Ana", "phone": "+12125550123"})
    bench.run()
    with bench.uow() as uow:
        uow.execute(text("update message set state = 'accepted' where packet_id = :p"), {"p": bench.packet})
        uow.commit()
    assert bench.select("select price_minor, segment_price_minor from message where packet_id = :packet") == [
        (0, None)
    ]
    assert bench.select("select id from journal") == []
    assert bench.select("select id from account") == []
    assert bench.select("select packet_id from packet_charge") == []
