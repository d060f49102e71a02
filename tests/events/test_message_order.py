"""Whoever moves the messages of several calls locks them in the order of their ids, like an event about an earlier attempt or an erasure."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipelines.actions.messages.decide import accept
from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.domain.sending import CLAIM_SECONDS
from pipelines.events.sweep import close_dead_calls
from pipelines.store.unit_of_work import UnitOfWork
from tests.events.test_sweep import boat, claim, let_time_pass

__all__ = ["boat"]

COUNT = 20
IDS = "select id from message where packet_id = :packet order by id"
LOCK = text("select from message where id = :id for update")
FREE = text("select id from message where packet_id = :packet for update skip locked")
LOCKS_AWAITED = text("select count(*) from pg_locks where not granted")


def unbegun(boat):
    packet = claim(boat, COUNT, 60.0, begun=False, last_first=True)
    let_time_pass(boat, packet, CLAIM_SECONDS)
    return packet, lambda: close_dead_calls(boat.worker)


def unanswered(boat):
    return claim(boat, COUNT, -1.0, last_first=True), lambda: close_dead_calls(boat.worker)


def decided(boat, decide):
    packet = claim(boat, COUNT, -1.0, last_first=True)
    close_dead_calls(boat.worker)
    calls = [
        row.id for row in boat.rows("select id from provider_call where packet_id = :packet", packet=packet)
    ]

    def change():
        with UnitOfWork(boat.worker, every_client=True) as uow:
            decide(uow, calls)
            uow.commit()

    return packet, change


def missing(boat):
    return decided(boat, lambda uow, calls: close_not_accepted(uow, calls, "not_found"))


def received(boat):
    return decided(boat, accept)


@pytest.mark.parametrize("trouble", [unbegun, unanswered, missing, received])
def test_whoever_waits_for_the_first_message_holds_no_other(boat, trouble):
    packet, change = trouble(boat)
    first, *others = [row.id for row in boat.rows(IDS, packet=packet)]
    before = boat.states(packet)
    with ThreadPoolExecutor(1) as pool, UnitOfWork(boat.worker, every_client=True) as event:
        event.execute(LOCK, {"id": first})
        changing = pool.submit(change)
        while not event.scalar(LOCKS_AWAITED):
            assert not changing.done(), changing.result()
        assert {row.id for row in event.all(FREE, {"packet": packet})} == {first, *others}
        event.commit()
        changing.result()
    assert boat.states(packet) != before
