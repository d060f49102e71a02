"""Each proof holds for a ledger in use, and fails when one row is tampered with."""

import pytest
from sqlalchemy import text

from pipelines.actions.billing.refund import refund
from pipelines.actions.billing.verify_ledger import verify_ledger
from pipelines.billing.proofs import differences
from pipelines.store.unit_of_work import UnitOfWork
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
    "balances": "update account set balance_minor = balance_minor + 1 where kind = 'available' and client_id = :client",
    "reserved": "update message set price_minor = 3 where row_no = 8 and client_id = :client",
    "spent": "update message set price_minor = 3 where row_no = 2 and client_id = :client",
}


def tamper(database, paying, statement):
    """As the owner, past every trigger."""
    with UnitOfWork(database.engine("owner"), paying.business.client_id) as uow:
        for table in ("entry", "message"):
            uow.execute(text(f"alter table {table} disable trigger user"))
        assert uow.execute(text(statement), {"client": paying.business.client_id}).rowcount == 1
        for table in ("entry", "message"):
            uow.execute(text(f"alter table {table} enable trigger user"))
        uow.commit()


@pytest.mark.parametrize("proof", TAMPERED)
def test_a_row_that_was_tampered_with_is_found(database, used, proof):
    tamper(database, used, TAMPERED[proof])
    assert proof in {one.proof for one in found(used)}
    assert {one.client_id for one in found(used)} == {used.business.client_id}


def test_a_state_that_was_changed_past_the_trigger_is_found(database, used):
    tamper(database, used, "update message set state = 'failed' where row_no = 2 and client_id = :client")
    assert [(one.proof, one.expected, one.actual) for one in found(used)] == [("spent", 3, 5)]


def test_a_difference_holds_this_clients_new_packets_until_it_is_gone(database, used):
    tamper(database, used, TAMPERED["balances"])
    verify_ledger(used.engine)
    packet = used.assembled(2)
    assert used.state(packet) == "awaiting_credit"
    tamper(database, used, TAMPERED["balances"].replace("+ 1", "- 1"))
    assert used.business.client_id not in {one.client_id for one in verify_ledger(used.engine)}
    used.pay(1)
    assert used.state(packet) == "sending"
    assert found(used) == []
