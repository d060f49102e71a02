"""Whoever deletes the waits of several packets locks them in one order, that of the packets: two such transactions do not deadlock."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from pipelines.actions.sending.limits import LimitOf, remove_limit, set_limit
from pipelines.domain.limit import LimitScope
from pipelines.events import waiting
from pipelines.events.failures import let_go_on
from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import boat_for, make_sending, phones

WAIT = (
    "insert into channel_wait (packet_id, channel, client_id, code, until)"
    " values (:packet, 'sms', :client, :code, now() + interval '1 hour')"
)
LOCK = text("select from channel_wait where packet_id = :packet for update")
FREE = text("select packet_id from channel_wait where packet_id = any(:packets) for update skip locked")
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


@pytest.mark.parametrize(
    ("deletes", "code"), [(free, "provider_busy"), (lift, "due_later"), (change_limit, "limit_reached")]
)
def test_waits_are_locked_in_the_order_of_their_packets(database, business, tmp_path, deletes, code):
    boat = boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")
    packets = sorted(make_sending(boat.worker, business, phones(1)) for _ in range(2))
    for packet in reversed(packets):  # a scan of the table finds the second first
        boat.change(WAIT, packet=packet, client=business.client_id, code=code)
    with ThreadPoolExecutor(1) as pool, UnitOfWork(boat.worker, every_client=True) as other:
        other.execute(LOCK, {"packet": packets[1]})
        deleting = pool.submit(deletes, boat.worker, packets)
        while not other.scalar(LOCKS_AWAITED):
            pass
        with UnitOfWork(boat.worker, every_client=True) as third:
            assert third.all(FREE, {"packets": packets}) == [], "the first is locked before the second"
        other.commit()
        deleting.result()
    assert boat.rows("select from channel_wait where packet_id = any(:packets)", packets=packets) == []
