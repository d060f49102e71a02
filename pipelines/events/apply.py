"""Applies stored events to messages in batches. Neither order nor repetition moves a state back; concurrent appliers are safe."""

import structlog
from sqlalchemy import Engine

from pipelines.events.batch import Applied, apply
from pipelines.events.set_aside import apply_by_client
from pipelines.store.deadlocks import untangled
from pipelines.store.faults import is_of_data
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 5_000

log = structlog.get_logger()


def apply_events(engine: Engine) -> Applied:
    """Apply every open event, oldest first, each batch in one transaction.

    If the data of one client makes a batch fail, the others' events are applied, and those of this client are set aside.
    """
    done, after = Applied(), 0
    while True:
        last = _apply_batch(engine, after, done)
        if not last:
            break
        after = last
    if done.unmatched:
        log.warning("events_without_a_message", events=done.unmatched)
    return done


def apply_alone(engine: Engine) -> None:
    """Apply the events, one caller at a time: others would find the same events and wait for the same rows."""
    with engine.begin() as lock:
        lock.execute(sql("events/apply_alone"))
        apply_events(engine)


def _apply_batch(engine: Engine, after: int, done: Applied) -> int:
    """Apply the next batch after this inbox id and count it. Returns its last id, 0 if it was the last batch."""
    try:
        return untangled(engine, lambda uow: _apply(uow, after, done), every_client=True)
    except Exception as error:
        if not is_of_data(error):
            raise
    with UnitOfWork(engine, every_client=True) as uow:
        open_events = uow.one(sql("events/match_lock"), {"after": after, "limit": BATCH})
    if not open_events.events:
        return 0
    apply_by_client(engine, open_events.event_ids, done)
    return int(open_events.last) if open_events.events == BATCH else 0


def _apply(uow: UnitOfWork, after: int, done: Applied) -> int:
    uow.execute(sql("events/plan_once"))
    open_events = uow.one(sql("events/match_lock"), {"after": after, "limit": BATCH})
    if not open_events.events:
        return 0
    apply(uow, open_events, done)
    return int(open_events.last) if open_events.events == BATCH else 0
