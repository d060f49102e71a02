"""The writer of callbacks: its queue is bounded, and nobody waits long for a database that is away."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.events.inbox import Callback
from pipelines.states import MessageState
from pipelines.store.received import SignatureReused
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from webapp.public import writer as module
from webapp.public.writer import NotStored, Writer


def callback(once=None, **values):
    about = {"provider": "twilio", "unique_key": uuid4().hex, "state": MessageState.SENT, "rank": 4}
    return Callback([ProviderEvent(**(about | values))], {"MessageStatus": ["sent"]}, once)


def kept(engine, callbacks):
    keys = [key for one in callbacks for key, _ in one.rows]
    query = text("select count(*) from event_inbox where unique_key = any(:keys)")
    with UnitOfWork(engine, every_client=True) as uow:
        return uow.scalar(query, {"keys": keys})


def write(engine, work):
    """Run `work(writer)` on an event loop; returns its result and how often the writer reported something new."""
    woken = []

    async def run():
        writer = Writer(engine, lambda: woken.append(1))
        try:
            return await work(writer)
        finally:
            await writer.close()

    return asyncio.run(run()), len(woken)


def together(*callbacks):
    """Store them at the same time; exceptions are results, too."""

    async def work(writer):
        return await asyncio.gather(*map(writer.store, callbacks), return_exceptions=True)

    return work


@pytest.fixture
def app(database):
    return database.engine("app")


def test_callbacks_that_come_together_are_stored_by_one_statement(app):
    callbacks = [callback() for _ in range(20)]
    results, woken = write(app, together(*callbacks, callbacks[0]))
    assert results == [1] * 20 + [0]
    assert (kept(app, callbacks), woken) == (20, 1)


def test_one_that_the_database_refuses_does_not_cost_the_others(app):
    good, bad = [callback() for _ in range(3)], callback(rank=10**6)
    results, _ = write(app, together(*good, bad))
    assert results[:3] == [1] * 3
    assert isinstance(results[3], NotStored)
    assert kept(app, [*good, bad]) == 3


def test_one_that_cannot_be_written_at_all_does_not_cost_the_others(app, monkeypatch):
    monkeypatch.setattr(module, "MAX_TOGETHER", 2)
    good, bad = [callback() for _ in range(4)], callback()
    bad.rows = [("key", None)]
    results, _ = write(app, together(bad, *good))
    assert isinstance(results[0], NotStored)
    assert results[1:] == [1] * 4


def test_an_error_after_the_storing_costs_nobody(app, monkeypatch):
    monkeypatch.setattr(module, "MAX_TOGETHER", 2)

    def fail():
        raise RuntimeError

    async def run():
        writer = Writer(app, fail)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        results = await together(*[callback() for _ in range(5)])(writer)
        await writer.close()
        return results

    assert asyncio.run(run()) == [1] * 5


def test_within_a_group_a_signature_is_good_for_one_body(app):
    digest, until = uuid4().bytes, datetime.now(UTC) + timedelta(hours=1)
    first, other = (callback(OneTimeSignature(digest, body, until)) for body in (b"one", b"other"))
    (one, two, three), _ = write(app, together(first, other, first))
    assert (one, three) == (1, 0)
    assert isinstance(two, SignatureReused)
    assert kept(app, [first, other]) == 1


def test_what_nobody_waits_for_is_not_written(app):
    left, stays = callback(), callback()

    async def work(writer):
        gone = asyncio.create_task(writer.store(left))
        staying = asyncio.create_task(writer.store(stays))
        asyncio.get_running_loop().call_soon(gone.cancel)
        return await staying

    assert write(app, work)[0] == 1
    assert kept(app, [left]) == 0


def test_the_queue_is_bounded(app, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    callbacks = [callback() for _ in range(5)]
    results, _ = write(app, together(*callbacks))
    assert [isinstance(result, NotStored) for result in results] == [False] * 3 + [True] * 2
    assert kept(app, callbacks) == 3


def test_while_the_database_is_away_everybody_is_told_at_once_and_then_it_goes_on(own_server, monkeypatch):
    monkeypatch.setattr(module, "MAX_TOGETHER", 10)
    own = own_server.engine("app")
    before, during, after = ([callback() for _ in range(50)] for _ in range(3))

    async def work(writer):
        stored = await together(*before)(writer)
        await asyncio.to_thread(own_server.stop)
        began = time.monotonic()
        failed = await together(*during)(writer)
        seconds = time.monotonic() - began
        await asyncio.to_thread(own_server.start)
        return stored, failed, seconds, await together(*after)(writer)

    (stored, failed, seconds, recovered), _ = write(own, work)
    assert stored == recovered == [1] * 50
    assert {type(result) for result in failed} == {NotStored}
    assert seconds < 15, "not one connection timeout for each"
    assert kept(own, [*before, *during, *after]) == 100


def test_a_restart_between_two_callbacks_is_not_noticed(own_server):
    own = own_server.engine("app")

    async def work(writer):
        first = await writer.store(callback())
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        return first, await writer.store(callback())

    assert write(own, work)[0] == (1, 1)


def test_a_database_that_does_not_answer_is_given_up_after_a_while(app, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.3)
    one = callback(OneTimeSignature(uuid4().bytes, b"body", datetime.now(UTC) + timedelta(hours=1)))
    with app.connect() as other:
        other.execute(text("lock table event_inbox in exclusive mode"))
        (result,), _ = write(app, together(one))
        assert isinstance(result, NotStored)
    assert write(app, together(one))[0] == [1], "the provider repeats it"
    assert write(app, together(one))[0] == [0], "its answer was lost"


def test_at_the_end_nobody_is_left_waiting_and_nothing_more_is_written(app, monkeypatch):
    monkeypatch.setattr(module, "MAX_TOGETHER", 1)
    callbacks = [callback() for _ in range(3)]

    async def work(writer):
        await writer.store(callback())
        with app.connect() as other:
            other.execute(text("lock table event_inbox in exclusive mode"))
            waiting = asyncio.gather(*map(writer.store, callbacks), return_exceptions=True)
            assert await asyncio.to_thread(eventually, lambda: blocked(app))
            await writer.close()
            results = await asyncio.wait_for(waiting, 3)
        return results, writer._statement.is_connected, asyncio.all_tasks() - {asyncio.current_task()}

    (results, connected, tasks), _ = write(app, work)
    assert {type(result) for result in results} == {NotStored}
    assert not connected
    assert not tasks
    assert kept(app, callbacks) == 0


def blocked(engine):
    """Whether somebody waits for the table of events."""
    query = text("select count(*) from pg_locks where not granted and relation = 'event_inbox'::regclass")
    with engine.connect() as connection:
        return connection.scalar(query) > 0
