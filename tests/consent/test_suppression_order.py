"""Whoever suppresses several addresses does it in the order of their hashes: two such transactions do not deadlock."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.consent.suppression import suppress_many, suppress_on_platform
from pipelines.domain.sending import Answer, Verdict
from pipelines.domain.suppression import Reason
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import make_sending

LOCK = text("select from suppression where client_id = :client and address = :address for update")
FREE = text("select address from suppression where client_id = :client for update skip locked")
LOCKS_AWAITED = text("select count(*) from pg_locks where not granted")


@pytest.fixture
def worker(database):
    return database.engine("worker")


@pytest.fixture
def addresses(worker):
    """In the order of their hashes."""
    first = uuid4().int % 100_000
    some = [f"+1212{first:05d}{number:02d}" for number in range(20)]
    with UnitOfWork(worker, every_client=True) as uow:
        rows = uow.all(
            text("select one from unnest(cast(:some as text[])) as one order by address_hash(one)"),
            {"some": some},
        )
    return [row.one for row in rows]


def wait(other, thread):
    while not other.scalar(LOCKS_AWAITED):
        assert not thread.done(), thread.result()


def test_for_a_client(worker, business, addresses):
    def suppress():
        with UnitOfWork(worker, every_client=True) as uow:
            suppress_many(uow, business.client_id, "sms", addresses, Reason.OPTED_OUT, "reply")
            uow.commit()

    suppress()
    client = {"client": business.client_id}
    with ThreadPoolExecutor(1) as pool, UnitOfWork(worker, every_client=True) as other:
        other.execute(LOCK, client | {"address": addresses[0]})
        thread = pool.submit(suppress)
        wait(other, thread)
        assert {row.address for row in other.all(FREE, client)} == set(addresses)
        other.commit()
        thread.result()


def test_by_a_lane_whose_provider_refuses_them(worker, business, addresses):
    packet, owner = make_sending(worker, business, addresses), uuid4()
    client = {"client": business.client_id}
    with LaneDatabase(worker, business.client_id) as database:
        database.run(text("update data_packet set state = 'sending' where id = :id"), {"id": packet})
        terms = Terms(business.client_id, packet, "sms", "twilio", uuid4(), owner, 50, 1, 60.0)
        calls = Claims(database, terms).next_calls()
        lane = Recorder(database, packet, owner, frozenset({"21610"}))
        refused = [Sent(call, Answer(Verdict.REFUSED, error_code="21610")) for call in calls]
        with UnitOfWork(worker, every_client=True) as uow:
            suppress_many(uow, business.client_id, "sms", addresses, Reason.OPTED_OUT, "reply")
            uow.commit()
        with ThreadPoolExecutor(1) as pool, UnitOfWork(worker, every_client=True) as other:
            other.execute(LOCK, client | {"address": addresses[0]})
            thread = pool.submit(lane.exchange, refused, [])
            wait(other, thread)
            assert {row.address for row in other.all(FREE, client)} == set(addresses)
            other.commit()
            thread.result()


def test_for_everybody(worker, addresses):
    def suppress():
        with UnitOfWork(worker, every_client=True) as uow:
            suppress_on_platform(uow, addresses, Reason.COMPLAINED, "test")
            uow.commit()

    with ThreadPoolExecutor(1) as pool, UnitOfWork(worker, every_client=True) as other:
        suppress_on_platform(other, addresses[:1], Reason.COMPLAINED, "test")
        thread = pool.submit(suppress)
        wait(other, thread)
        suppress_on_platform(other, addresses[1:], Reason.COMPLAINED, "test")
        other.commit()
        thread.result()
