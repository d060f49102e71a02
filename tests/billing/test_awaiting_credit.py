"""A packet without enough credit waits with nothing sent, and goes on exactly once when the credit is there."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from pipelines import steps
from pipelines.actions.billing import book_payment
from pipelines.actions.billing.import_prices import PriceLine
from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.actions.packets.rerun_step import preview
from pipelines.actions.sending.countries import ANY_COUNTRY, allow_countries
from pipelines.billing.proofs import differences
from pipelines.channels.lanes import Lane
from pipelines.events.waiting import watch_waits
from pipelines.language import Sentence, say
from pipelines.reports.billing import Bill
from tests.billing.paying import START, Paying, import_, paying
from tests.steps.assembling import ANA

__all__ = ["paying"]


reserve_waiting_module = sys.modules[reserve_waiting.__module__]


@pytest.fixture
def poor(database, tmp_path):
    """With 15 cents, and a packet of ten messages of 2 cents."""
    poor = Paying(database, tmp_path, credit=15)
    poor.people(10)
    poor.run()
    return poor


def reason(poor, packet=None):
    (row,) = poor.select(
        "select problem_code, problem_params from data_packet where id = :p", p=packet or poor.packet
    )
    return say(Sentence.read(row.problem_code, row.problem_params))


def promised(poor):
    return poor.select(
        "select payload ->> 'packet_id' as packet, payload -> 'prepared' as prepared, unique_key from outbox"
        " where kind = 'start_packet' order by id"
    )


def test_it_waits_and_says_how_much_is_missing(poor):
    assert poor.state() == "awaiting_credit"
    assert (
        reason(poor)
        == "This packet costs $0.20, but $0.05 of credit is missing. It will start as soon as there is enough credit."
    )
    assert poor.balances() == {"paid_in": -15, "available": 15}
    assert [message.state for message in poor.messages()] == ["ready"] * 10
    assert poor.select("select code, cases from packet_need where packet_id = :packet") == [
        ("awaiting_credit", 10)
    ]


def test_no_lane_starts_and_settle_does_not_close_it(poor):
    assert steps.ready_by_channel(poor.engine, poor.packet) == {}
    settled = poor.run("settle")
    assert "$0.05 of credit is missing" in say(settled.note)
    assert poor.state() == "awaiting_credit"


def test_a_lane_that_is_started_nevertheless_sends_nothing(poor):
    result = steps.run(
        "dispatch",
        poor.packet,
        engine=poor.engine,
        settings=poor.settings,
        secrets={},
        lane=Lane.parse("sms lane 1"),
    )
    assert (result.rows_in, result.rows_out) == (0, 0)
    assert poor.state() == "awaiting_credit"
    assert not preview(poor.app, None, poor.packet, "dispatch").possible


def test_a_payment_starts_it_again_once(poor):
    poor.pay(5, key="bank 1")
    assert not poor.pay(5, key="bank 1"), "the same payment is booked once"
    assert poor.state() == "sending"
    assert poor.balances() == {"paid_in": -20, "reserved": 20}
    assert [(one.packet, one.prepared) for one in promised(poor)] == [(str(poor.packet), True)]
    assert steps.ready_by_channel(poor.engine, poor.packet) == {"sms": 10}
    assert reserve_waiting(poor.engine) == []
    assert len(promised(poor)) == 1


def test_two_checks_at_once_start_it_once(poor):
    poor.change("update packet_charge set missing_minor = 5 where packet_id = :packet")
    with ThreadPoolExecutor(4) as pool:
        payments = [pool.submit(poor.pay, 5, key="bank 1") for _ in range(4)]
        checks = [pool.submit(reserve_waiting, poor.engine) for _ in range(8)]
    assert [one.result() for one in payments].count(True) == 1
    assert all(one.exception() is None for one in checks)
    reserve_waiting(poor.engine)
    assert poor.balances() == {"paid_in": -20, "reserved": 20}
    assert len(promised(poor)) == 1


def test_a_payment_is_booked_although_the_start_fails(poor, monkeypatch):
    def fails(*_):
        raise OperationalError("select", {}, Exception("the connection was lost"))

    monkeypatch.setattr(book_payment, "reserve_waiting", fails)
    assert poor.pay(5, key="bank 1"), "nobody should book it again"
    assert (poor.state(), poor.balances()) == ("awaiting_credit", {"paid_in": -20, "available": 20})
    reserve_waiting(poor.engine)
    assert poor.state() == "sending"


def test_a_check_that_changes_nothing_writes_nothing(poor):
    versions = (
        "select data_packet.xmin::text as packet, packet_charge.xmin::text as charge from data_packet"
        " join packet_charge on packet_id = id where id = :packet"
    )
    reserve_waiting(poor.engine)
    before = poor.select(versions)
    assert reserve_waiting(poor.engine) == []
    assert poor.select(versions) == before


def test_one_packet_that_fails_does_not_undo_the_others(poor, monkeypatch):
    """Each is started in a transaction of its own."""
    second = poor.assembled(9)
    real = reserve_waiting_module.reserve

    def fails_for_second(uow, bill):
        if bill.packet_id == second:
            raise OperationalError("select", {}, Exception("the connection was lost"))
        return real(uow, bill)

    monkeypatch.setattr(reserve_waiting_module, "reserve", fails_for_second)
    poor.pay(100)
    assert (poor.state(), poor.state(second)) == ("sending", "awaiting_credit")


def test_the_oldest_packet_comes_first_and_does_not_hold_up_a_cheaper_one(poor):
    small, third = poor.assembled(8), poor.assembled(2)
    assert (poor.state(small), poor.state(third)) == ("awaiting_credit", "preparing")
    poor.pay(6)  # 17 free: the first lacks 3
    assert (poor.state(), poor.state(small)) == ("awaiting_credit", "sending")
    poor.pay(19)
    assert poor.state() == "sending"
    assert poor.balances() == {"paid_in": -40, "reserved": 40}


def test_what_expires_meanwhile_is_not_reserved(poor):
    poor.change(
        "update message set expires_at = packetboat_now() - interval '1 minute' where packet_id = :packet and row_no <= 4"
    )
    watch_waits(poor.engine)
    assert poor.balances() == {"paid_in": -15, "available": 15}
    reserve_waiting(poor.engine)
    assert poor.state() == "sending"
    assert poor.balances() == {"paid_in": -15, "available": 3, "reserved": 12}


def test_when_everything_expires_it_is_settled_and_costs_nothing(poor):
    poor.run("settle")
    poor.change(
        "update message set expires_at = packetboat_now() - interval '1 minute' where packet_id = :packet"
    )
    watch_waits(poor.engine)
    assert poor.state() == "settled"
    assert poor.balances() == {"paid_in": -15, "available": 15}


def charge(paying, packet=None):
    rows = paying.select("select state from packet_charge where packet_id = :p", p=packet or paying.packet)
    return rows[0].state


def needs(paying):
    return [row.code for row in paying.select("select code from packet_need where packet_id = :packet")]


@pytest.mark.parametrize("rows", [range(1, 11), range(7, 11)])
def test_the_last_of_it_expires_too(poor, rows):
    """When nothing is left before its deadline, the wait of its channel is over as well."""
    poor.run("settle")
    late = "packetboat_now() - interval '1 minute'"
    poor.change(
        f"update message set expires_at = {late} where packet_id = :packet and row_no = any(:rows)",
        rows=list(rows),
    )
    poor.change("update channel_wait set until = now() - interval '1 minute' where packet_id = :packet")
    watch_waits(poor.engine)
    left = 10 - len(rows)
    assert [one.state for one in poor.messages()].count("ready") == left
    assert poor.state() == ("awaiting_credit" if left else "settled")


def test_a_packet_that_ends_without_credit_waits_for_none(poor):
    poor.run("settle")
    assert needs(poor) == ["awaiting_credit"]
    poor.change(
        "update message set expires_at = packetboat_now() - interval '1 minute' where packet_id = :packet"
    )
    watch_waits(poor.engine)
    assert (poor.state(), charge(poor), needs(poor)) == ("settled", "ended", [])
    with poor.uow() as uow:
        bill = Bill.read(uow, poor.packet)
    assert (bill.waiting, bill.spent_minor, bill.returned_minor) == (False, 0, 20)
    poor.pay(1000)
    assert (poor.state(), poor.balances()) == ("settled", {"paid_in": -1015, "available": 1015})


def test_what_went_out_although_it_waits_is_paid_for(poor):
    """Of a restored packet that waited for credit, people may know that somebody got the message."""
    poor.run("settle")
    poor.move("unknown")
    poor.move("accepted", [1, 2])
    assert poor.balances() == {"paid_in": -15, "available": 11, "spent": 4}
    with poor.uow() as uow:
        assert differences(uow) == []
    poor.move("failed", [2])
    assert poor.balances() == {"paid_in": -15, "available": 13, "spent": 2}
    poor.pay(3)
    assert (poor.state(), charge(poor)) == ("sending", "reserved")
    assert poor.balances() == {"paid_in": -18, "reserved": 16, "spent": 2}
    with poor.uow() as uow:
        assert differences(uow) == []


def test_a_rerun_replaces_the_reserve_in_one_transaction(paying):
    paying.people(300)
    paying.run()
    assert paying.balances() == {"paid_in": -1000, "available": 400, "reserved": 600}
    paying.people(50)
    paying.run()
    assert paying.balances() == {"paid_in": -1000, "available": 300, "reserved": 700}
    assert [one[:2] for one in paying.journals()] == [("reserve", 600), ("replaced", -600), ("reserve", 700)]


def test_a_rerun_may_find_enough_after_all(poor):
    poor.change("delete from clean_row where packet_id = :packet and row_no > 5")
    poor.run()
    assert poor.state() == "preparing"
    assert poor.balances() == {"paid_in": -15, "available": 5, "reserved": 10}


def test_a_frozen_ledger_holds_new_packets_only(paying):
    first = paying.assembled(3)
    paying.change(
        "insert into client_alarm (client_id, code) values (:client, 'ledger_difference')",
        client=paying.business.client_id,
    )
    second = paying.assembled(3)
    assert (paying.state(first), paying.state(second)) == ("preparing", "awaiting_credit")
    assert "found a difference" in reason(paying, second)
    paying.move("accepted", packet=first)
    assert paying.balances() == {"paid_in": -1000, "available": 994, "spent": 6}


def test_the_price_depends_on_country_and_channel_and_is_frozen(paying):
    allow_countries(paying.app, paying.business.client_id, [ANY_COUNTRY])
    paying.rows(
        ANA | {"phone_country": "US"},
        ANA | {"phone": "+16135550123", "phone_country": "CA"},
        ANA | {"phone": "+16135550124", "phone_country": None},
        {"first_name": "Bo", "email": "bo@example.com"},
    )
    paying.run()
    import_(paying.app, paying.business.client_id, [PriceLine(START, "sms", "*", "segment", 50)])
    prices = "select channel, price_minor, segment_price_minor from message where packet_id = :packet order by row_no"
    assert paying.select(prices) == [("sms", 2, 2), ("sms", 9, 9), ("sms", 9, 9), ("email", 1, None)]
    assert paying.balances()["reserved"] == 21
    version = "select version from price_list join packet_charge on price_list_id = price_list.id where packet_id = :packet"
    assert paying.select(version) == [(1,)]


def test_rows_that_get_no_message_or_may_not_be_sent_cost_nothing(paying):
    paying.change(
        "insert into suppression (client_id, channel, address, reason, source)"
        " values (:client, 'sms', '+12125550101', 'opted_out', 'test')",
        client=paying.business.client_id,
    )
    paying.people(3)
    paying.rows({"first_name": "Nobody"})
    paying.run()
    assert paying.balances()["reserved"] == 4
    assert paying.select("select messages, total_minor, likely_high_minor from packet_charge") == [(2, 4, 6)]
