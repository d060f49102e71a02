"""Closes calls as not accepted: their messages are ready again, or expired, and their packets go on."""

from collections.abc import Sequence
from uuid import UUID

from pipelines.events.failures import let_go_on
from pipelines.events.locks import lock_messages_of
from pipelines.events.totals import keep_totals
from pipelines.states import MessageState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def close_not_accepted(uow: UnitOfWork, call_ids: Sequence[UUID], code: str) -> int:
    """Close those of these calls that are still unknown, in the caller's transaction. Returns how many messages are ready again.

    `code` says how we know: the provider does not list them (not_found), or a person found out (not_received).
    """
    locked = [
        row.id for row in uow.all(sql("actions/reconcile/not_accepted_lock"), {"call_ids": sorted(call_ids)})
    ]
    if not locked:
        return 0
    calls = {"call_ids": locked, "code": code}
    lock_messages_of(uow, locked)
    uow.execute(sql("actions/reconcile/not_accepted_calls"), calls)
    moved = uow.all(sql("actions/reconcile/not_accepted_messages"), calls)
    keep_totals(uow, moved)
    ready = [row for row in moved if row.state_after == MessageState.READY]
    let_go_on(uow, ready)
    return len(ready)
