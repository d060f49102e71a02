"""Whoever deletes several waits locks them in one order, that of packets and channels: two such transactions do not deadlock."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.actions.packets.rerun_step import _lift_delays
from pipelines.actions.sending.limits import LimitOf, remove_limit, set_limit
from pipelines.domain.limit import LimitScope
from pipelines.events import waiting
from pipelines.events.failures import let_go_on
from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import boat_for, make_sending, phones

WAIT = (
    "insert into channel_wait (packet_id, channel, client_id, code, until)"
    " values (:packet, :channel, :client, :code, now() + interval '1 hour')"
)
LOCK = text("select from channel_wait where packet_id = :packet and channel = :channel for update")
FREE = text("select packet_id from channel_wait where packet_id = any(:packets) for update skip locked")
CHARGE = """
insert into packet_charge
    (packet_id, client_id, price_list_id, currency, state, messages, total_minor, likely_low_minor, likely_high_minor)
values (:packet, :client, uuidv7(), 'USD', 'waiting', 1, 0, 0, 0)
"""
LOCKS_AWAITED = text("select count(*) from pg_locks where not granted")


def free(worker, _packets):
    waiting._free(worker)


def lift(worker, packets):
    with UnitOfWork(worker, every_client=True) as uow:
        let_go_on(uow, [SimpleNamespace(packet_id=packet) for packet in packets])
        uow.commit()


def change_limit(worker, _packets):
    limit = LimitOf(LimitScope.CHANNEL, "sms", None)
    set_limit(worker, limit, per_second=None, per_day=1_000_000)
    remove_limit(worker, limit)


def rerun(worker, packets):
    _lift_delays(worker, None, packets[0])


def pay(worker, _packets):
    assert reserve_waiting(worker)


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def assert_locks_in_order(boat, places, code, deletes):
    """Whether the first of two waits (packet, channel) is locked before the second, although a scan of the table finds the second first."""
    packets = sorted({packet for packet, _ in places})
    for packet, channel in reversed(places):
        boat.change(WAIT, packet=packet, channel=channel, client=boat.business.client_id, code=code)
    with ThreadPoolExecutor(1) as pool, UnitOfWork(boat.worker, every_client=True) as other:
        other.execute(LOCK, {"packet": places[1][0], "channel": places[1][1]})
        deleting = pool.submit(deletes, boat.worker, packets)
        while not other.scalar(LOCKS_AWAITED):
            assert not deleting.done(), deleting.result()
        with UnitOfWork(boat.worker, every_client=True) as third:
            assert third.all(FREE, {"packets": packets}) == [], "the first is locked before the second"
        other.commit()
        deleting.result()
    assert boat.rows("select from channel_wait where packet_id = any(:packets)", packets=packets) == []


@pytest.mark.parametrize(
    ("deletes", "code"), [(free, "provider_busy"), (lift, "due_later"), (change_limit, "limit_reached")]
)
def test_waits_are_locked_in_the_order_of_their_packets(boat, deletes, code):
    packets = sorted(make_sending(boat.worker, boat.business, phones(1)) for _ in range(2))
    assert_locks_in_order(boat, [(packet, "sms") for packet in packets], code, deletes)


@pytest.mark.parametrize(("deletes", "code"), [(rerun, "due_later"), (pay, "awaiting_credit")])
def test_waits_of_one_packet_are_locked_in_the_order_of_their_channels(boat, deletes, code):
    packet = make_sending(boat.worker, boat.business, phones(1))
    if deletes is pay:
        boat.change("update data_packet set state = 'awaiting_credit' where id = :packet", packet=packet)
        boat.change(CHARGE, packet=packet, client=boat.business.client_id)
    assert_locks_in_order(boat, [(packet, "email"), (packet, "sms")], code, deletes)
