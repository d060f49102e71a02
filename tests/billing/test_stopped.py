"""A packet that was stopped: its money comes back at the deadline, its data goes in time, and it is sent only when its credit is reserved."""

import pytest
from sqlalchemy import text

from pipelines import steps
from pipelines.channels.lanes import Lane
from pipelines.consent.erasure import erase_due
from pipelines.errors import StepFailed
from pipelines.events.waiting import watch_waits
from pipelines.states import PREPARE_STEPS
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.billing.paying import Paying, paying
from tests.builders import make_business, make_packet

__all__ = ["paying"]


@pytest.fixture
def poor(database, tmp_path):
    """With one cent, and a packet of three messages of 2 cents that waits for credit."""
    poor = Paying(database, tmp_path, credit=1)
    poor.people(3)
    poor.run()
    return poor


def stop(paying):
    paying.change("update data_packet set state = 'stopped', problem_code = 'gave_up' where id = :packet")


def packets_read(plan):
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == "data_packet" else 0
    return own + sum(packets_read(part) for part in plan.get("Plans", []))


def test_the_packets_of_others_are_not_read_for_its_messages(paying):
    paying.people(3)
    paying.run()
    other = make_business(paying.engine)
    for _ in range(30):
        make_packet(paying.engine, other)
    with UnitOfWork(paying.engine, every_client=True) as uow:
        uow.execute(text("update data_packet set state = 'stopped' where id = :p"), {"p": paying.packet})
        change = text("update data_packet set state = 'stopped' where client_id = :client")
        uow.execute(change, {"client": other.client_id})
        due = {"client_id": paying.business.client_id, "limit": 10}
        [plan] = uow.scalar(text(f"explain (analyze, format json) {sql('events/expired_lock')}"), due)
    assert packets_read(plan["Plan"]) < 30


def charge(paying):
    return paying.select("select state from packet_charge where packet_id = :packet")[0].state


def test_its_messages_expire_and_then_its_retention_begins(paying):
    paying.people(3)
    paying.run()
    stop(paying)
    watch_waits(paying.engine)
    assert paying.balances() == {"paid_in": -1000, "available": 994, "reserved": 6}
    paying.change(
        "update message set expires_at = packetboat_now() - interval '40 days' where packet_id = :packet"
    )
    watch_waits(paying.engine)
    assert [one.state for one in paying.messages()] == ["expired"] * 3
    assert paying.balances() == {"paid_in": -1000, "available": 1000}
    paying.change("update data_packet set received_at = now() - interval '10 years' where id = :packet")
    erase_due(paying.engine, Files(paying.settings))
    (packet,) = paying.select("select erased_at from data_packet where id = :packet")
    assert packet.erased_at is not None


@pytest.mark.parametrize("step", ["settle", "dispatch"])
def test_giving_up_does_not_end_the_wait_for_credit(poor, step):
    steps.give_up(poor.engine, poor.packet, step)
    assert poor.state() == "awaiting_credit"
    poor.pay(1000)
    assert (poor.state(), charge(poor)) == ("sending", "reserved")
    assert poor.balances() == {"paid_in": -1001, "available": 995, "reserved": 6}


def test_a_prepare_step_that_is_given_up_stops_it(poor):
    steps.give_up(poor.engine, poor.packet, "clean")
    assert poor.state() == "stopped"


def test_a_stopped_packet_is_not_sent_before_its_credit_is_reserved(poor):
    stop(poor)
    poor.change("delete from packet_step where packet_id = :packet and step <> 'assemble'")
    poor.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state)"
        " select :client, :packet, step, 1, 'done' from unnest(cast(:steps as text[])) as step where step <> 'assemble'",
        client=poor.business.client_id,
        steps=list(PREPARE_STEPS),
    )
    with pytest.raises(StepFailed):
        steps.run(
            "dispatch",
            poor.packet,
            engine=poor.engine,
            settings=poor.settings,
            secrets={},
            lane=Lane.parse("sms lane 1"),
        )
    assert poor.state() == "stopped"
    poor.pay(1000)
    poor.run()
    assert (poor.state(), charge(poor)) == ("preparing", "reserved")
