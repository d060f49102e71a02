"""An erasure that meets a transaction which locks messages in another order is repeated, not broken off."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipelines.actions.people.erase import erase_person
from pipelines.store.unit_of_work import UnitOfWork
from tests.consent.test_erasure import files, settle
from tests.steps.assembling import ANA, EMAIL, PHONE, SMS, Bench

__all__ = ["files"]

LOCK = text("select from message where id = :id for update")
WAITING = text("select count(*) from pg_locks where not granted")
AWAITED = text("select exists (select from pg_locks where not granted)")


@pytest.fixture
def bench(database, tmp_path):
    """A packet with two messages to one person."""
    bench = Bench(database, tmp_path, texts=[SMS, EMAIL])
    bench.rows(ANA, ANA)
    bench.run()
    return bench


@pytest.mark.parametrize("state", ["ready", "delivered"])
def test_a_lost_deadlock_repeats_the_erasure(bench, files, state):
    """Ready messages are locked to be cancelled, the others when they are emptied."""
    settle(bench, 0, state)
    first, second = (
        row.id for row in bench.select("select id from message where packet_id = :packet order by id")
    )
    with ThreadPoolExecutor() as pool, UnitOfWork(bench.engine, every_client=True) as other:
        other.execute(LOCK, {"id": second})
        erasing = pool.submit(erase_person, bench.engine, files, bench.business.client_id, PHONE)
        while not other.scalar(AWAITED):
            assert not erasing.done()
            time.sleep(0.01)
        other.execute(LOCK, {"id": first})  # PostgreSQL ends the one that has waited for a second first
        other.commit()
        done = erasing.result()
    assert (done.packets, done.rows, done.messages) == (1, 2, 2)


def test_two_erasures_at_once_prove_each_row_once(bench, files):
    """Both have found the person before either has erased a row."""
    settle(bench, 0)
    [first, _] = (
        row.id for row in bench.select("select id from message where packet_id = :packet order by id")
    )
    with ThreadPoolExecutor() as pool, UnitOfWork(bench.engine, every_client=True) as other:
        other.execute(LOCK, {"id": first})
        both = [
            pool.submit(erase_person, bench.engine, files, bench.business.client_id, PHONE) for _ in range(2)
        ]
        while other.scalar(WAITING) < 2:
            assert not any(one.done() for one in both)
            time.sleep(0.01)
        other.commit()
        done = [one.result() for one in both]
    assert sorted((one.packets, one.rows, one.messages) for one in done) == [(0, 0, 0), (1, 2, 2)]
    proofs = bench.select("select rows, messages from packet_erasure where packet_id = :packet")
    assert proofs == [(2, 2)]
