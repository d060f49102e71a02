"""Each proof holds for a ledger in use, and fails when one row is tampered with."""

import pytest

from pipelines import steps
from pipelines.actions.billing.refund import refund
from pipelines.actions.billing.verify_ledger import verify_ledger
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.billing.proofs import differences
from pipelines.errors import StepFailed
from pipelines.store.sqlfile import sql
from tests.billing.paying import paying

__all__ = ["paying"]


@pytest.fixture
def used(paying):
    """With messages of every kind, and a refund."""
    paying.people(12)
    paying.run()
    for state, rows in {
        "delivered": [1, 2, 3],
        "failed": [4],
        "unknown": [5],
        "expired": [6],
        "sending": [7],
    }.items():
        paying.move(state, rows)
    (message,) = paying.select("select id from message where packet_id = :packet and row_no = 1")
    assert refund(paying.app, paying.business.client_id, message.id, reason="late", minor=1) == 1
    assert found(paying) == []
    return paying


def found(paying):
    with paying.uow() as uow:
        return differences(uow)


TAMPERED = {
    "entries_cancel_out": "update entry set amount_minor = amount_minor * 2 where id = (select max(id) from entry where client_id = :client)",
    "journals": "update journal set paid_minor = paid_minor + 1 where kind = 'top_up' and client_id = :client",
    "balances": "update account set balance_minor = balance_minor + 1 where kind = 'available' and client_id = :client",
    "reserved": "update message set price_minor = 3 where row_no = 8 and client_id = :client",
    "spent": "update message set price_minor = 3 where row_no = 2 and client_id = :client",
}


@pytest.mark.parametrize("proof", TAMPERED)
def test_a_row_that_was_tampered_with_is_found(used, proof):
    used.tamper(TAMPERED[proof])
    assert proof in {one.proof for one in found(used)}
    assert {one.client_id for one in found(used)} == {used.business.client_id}


@pytest.mark.parametrize(
    "what",
    [
        "update journal set spent_minor = spent_minor - 1 where id = (select max(id::text)::uuid from journal where kind = 'capture' and client_id = :client)",
        "delete from entry where id = (select max(id) from entry where client_id = :client)",
    ],
)
def test_a_journal_that_was_not_booked_as_it_says_is_found(used, what):
    used.tamper(what)
    (difference,) = [one for one in found(used) if one.proof == "journals"]
    assert difference.expected == 0 < difference.actual


@pytest.mark.parametrize(("kind", "minor"), [("spent", 5), ("reserved", 14)])
def test_money_without_messages_and_messages_without_money_are_found(used, kind, minor):
    used.tamper(f"update account set currency = 'XTS' where kind = '{kind}' and client_id = :client")
    differing = {one.currency: (one.expected, one.actual) for one in found(used) if one.proof == kind}
    assert differing == {"XTS": (0, minor), "USD": (minor, 0)}


def test_a_state_that_was_changed_past_the_trigger_is_found(used):
    used.tamper("update message set state = 'failed' where row_no = 2 and client_id = :client")
    assert [(one.proof, one.expected, one.actual) for one in found(used)] == [("spent", 3, 5)]


def test_a_difference_holds_this_clients_new_packets_until_it_is_gone(used):
    used.tamper(TAMPERED["balances"])
    verify_ledger(used.engine)
    packet = used.assembled(2)
    assert used.state(packet) == "awaiting_credit"
    used.tamper(TAMPERED["balances"].replace("+ 1", "- 1"))
    assert used.business.client_id not in {one.client_id for one in verify_ledger(used.engine)}
    used.pay(1)
    assert used.state(packet) == "sending"
    assert found(used) == []


@pytest.fixture
def closed(used):
    """The packet of `used` with nothing under way, settled."""
    for state, rows in {"accepted": [7], "delivered": [8, 9], "cancelled": [10, 11, 12]}.items():
        used.move(state, rows)
    used.run("settle")
    assert used.state() == "settled"
    return used


KIND = "(select kind from account where id = entry.account_id)"
PACKET_TAMPERED = {
    "an entry": f"update entry set amount_minor = amount_minor * 2 where id = (select max(id) from entry where {KIND} = 'spent' and client_id = :client)",
    "an entry that is gone": f"delete from entry where id = (select max(id) from entry where {KIND} = 'reserved' and client_id = :client)",
    "a journal": "update journal set spent_minor = spent_minor + 1 where kind = 'refund' and client_id = :client",
    "a price": "update message set price_minor = 3 where row_no = 2 and client_id = :client",
    "a price of what is unknown": "update message set price_minor = 3 where row_no = 5 and client_id = :client",
    "a state": "update message set state = 'failed' where row_no = 3 and client_id = :client",
    "a refund": "update refund set amount_minor = amount_minor + 1 where client_id = :client",
    "a refund that is gone": "delete from refund where client_id = :client",
    "the packet of a journal": "update journal set packet_id = null where kind = 'reserve' and client_id = :client",
    "whether it is reserved": "update packet_charge set state = 'waiting' where client_id = :client",
}


@pytest.mark.parametrize("what", PACKET_TAMPERED)
def test_settle_and_the_recount_find_what_was_tampered_with(closed, what):
    closed.tamper(PACKET_TAMPERED[what])
    with pytest.raises(StepFailed) as failed:
        closed.run("settle")
    assert failed.value.code == "money_differs"
    recount_packets(closed.engine, packet_id=closed.packet)
    alarms = closed.select("select code from packet_alarm where packet_id = :p", p=closed.packet)
    assert "money_differs" in {alarm.code for alarm in alarms}


def test_nothing_is_found_in_a_packet_that_nobody_tampered_with(closed):
    closed.run("settle")
    recount_packets(closed.engine, packet_id=closed.packet)
    assert not closed.select(
        "select code from packet_alarm where packet_id = :p and code = 'money_differs'", p=closed.packet
    )


def test_a_packet_whose_money_differs_is_not_closed(used):
    used.move("delivered", [7, 8, 9, 10, 11, 12])
    used.tamper(PACKET_TAMPERED["a price"])
    with pytest.raises(StepFailed, match=r"The ledger has .* for this packet; its messages give"):
        used.run("settle")
    assert used.state() == "stopped"


def test_a_superseded_run_neither_fails_nor_closes_a_packet_whose_money_differs(closed):
    closed.tamper(PACKET_TAMPERED["a price"])
    who = {
        "packet_id": closed.packet,
        "client_id": closed.business.client_id,
        "run_id": f"{closed.packet}-r1",
    }
    with closed.uow() as uow:
        uow.execute(sql("actions/promise_start"), who | {"prepared": False})
        uow.commit()
    closed.change("update data_packet set state = 'sending', run_id = 'newer' where id = :packet")
    run = {"engine": closed.engine, "settings": closed.settings, "secrets": {}}
    steps.run("settle", closed.packet, **run, run_id=who["run_id"])
    assert closed.state() == "sending"
    with pytest.raises(StepFailed):
        steps.run("settle", closed.packet, **run, run_id="newer")
    assert closed.state() == "stopped"
