"""Events that cannot be applied, because something stored about their client or message is damaged, are set aside: they are kept, and
tried again one by one, ever more rarely. Nobody else's events wait for them, and the addresses in them are suppressed at once.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Engine

from pipelines.events.batch import Applied, apply, match, suppress
from pipelines.store.deadlocks import untangled
from pipelines.store.faults import code_of, is_of_data
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

TOGETHER = 100  # events that are tried again together, before each is tried alone
ROUNDS = 10  # of them in one run, so that a large client's damage does not keep the other errands waiting

log = structlog.get_logger()


def apply_by_client(engine: Engine, event_ids: Any, done: Applied) -> None:
    """Apply these events in a transaction for each client, and set aside those of a client whose data makes it fail, to be tried alone soon."""
    for ids in _by_client(engine, event_ids):
        if error := _failure(engine, ids, done):
            _set_aside(engine, ids, error, alone=False)
            done.set_aside += len(ids)


def apply_set_aside(engine: Engine) -> Applied:
    """Try again the events that are due, as many as an errand has time for: those of a client together, and each alone if that fails."""
    done = Applied()
    for _ in range(ROUNDS):
        with UnitOfWork(engine, every_client=True) as uow:
            due = [row.inbox_id for row in uow.all(sql("events/set_aside_due"), {"limit": TOGETHER})]
        if not due:
            break
        for ids in _by_client(engine, due):
            _try_again(engine, ids, done)
    return done


def _try_again(engine: Engine, event_ids: Sequence[int], done: Applied) -> None:
    if not _failure(engine, event_ids, done):
        return
    for event_id in event_ids:
        if error := _failure(engine, [event_id], done):
            _set_aside(engine, [event_id], error, alone=True)
            done.set_aside += 1


def _by_client(engine: Engine, event_ids: Any) -> list[Sequence[int]]:
    with UnitOfWork(engine, every_client=True) as uow:
        return [row.event_ids for row in uow.all(sql("events/by_client"), {"event_ids": event_ids})]


def _failure(engine: Engine, event_ids: Sequence[int], done: Applied) -> Exception | None:
    """Apply these events together; returns the error if their data makes that fail."""

    def work(uow: UnitOfWork) -> None:
        locked = uow.one(sql("events/lock_these"), {"event_ids": event_ids})
        if locked.events:
            uow.execute(sql("events/take_back"), {"event_ids": locked.event_ids})
            apply(uow, locked, done)

    try:
        untangled(engine, work, every_client=True)
    except Exception as error:
        if not is_of_data(error):
            raise
        return error
    return None


def _set_aside(engine: Engine, event_ids: Sequence[int], error: Exception, *, alone: bool) -> None:
    """Set these events aside and suppress the addresses in them; if even that fails, their try alone decides which cannot be suppressed."""
    problem = code_of(error)
    try:
        untangled(
            engine,
            lambda uow: _mark(uow, event_ids, problem, alone=alone, suppressing=True),
            every_client=True,
        )
    except Exception as worse:
        if not is_of_data(worse):
            raise
        untangled(
            engine,
            lambda uow: _mark(uow, event_ids, problem, alone=alone, suppressing=False),
            every_client=True,
        )
    log.error("events_set_aside", events=len(event_ids), problem=problem)


def _mark(uow: UnitOfWork, event_ids: Sequence[int], problem: str, *, alone: bool, suppressing: bool) -> None:
    locked = uow.one(sql("events/lock_these"), {"event_ids": event_ids})
    if not locked.events:
        return
    if suppressing:
        found = match(uow, locked.event_ids)
        if found.opts_out:
            suppress(uow, found._asdict())
    about = {"event_ids": locked.event_ids, "problem": problem, "alone": alone, "suppressed": suppressing}
    uow.execute(sql("events/set_aside"), about)
    uow.commit()
