"""The order in which messages are locked: by their ids, after their calls (docs/decisions/0015)."""

from collections.abc import Sequence
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def lock_messages_of(uow: UnitOfWork, call_ids: Sequence[UUID]) -> None:
    """Lock the messages of these calls, which are locked, before a statement moves them.

    That would lock them in an order of its own; whoever holds some of them without their calls, like an event about an earlier attempt or an
    erasure, and waits for others, would then deadlock with it.
    """
    found = uow.one(sql("events/messages_of_calls"), {"call_ids": call_ids})
    uow.execute(sql("events/lock_messages"), {"message_ids": found.message_ids})
