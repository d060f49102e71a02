"""What people decide about calls whose outcome no list tells (R10): they got it, or they did not."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.actions.messages.not_accepted import close_not_accepted
from pipelines.actions.scope import seen_by
from pipelines.errors import NotFound, PacketboatError
from pipelines.events.locks import lock_messages_of
from pipelines.events.totals import keep_totals
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


class AlreadyDecided(PacketboatError):
    """The outcome of the call has become known in the meantime."""


def decide_call(engine: Engine, client_id: UUID | None, call_id: UUID, *, received: bool, by: str) -> int:
    """Close an unknown call as received or not received. Returns how many messages are ready again.

    It cannot be undone: messages that were not received may go out at once. `client_id` is whose calls the person may see (None: all), `by` is
    their name. Raises NotFound, and AlreadyDecided when the call is not unknown any more.
    """
    with seen_by(engine, client_id) as uow:
        call = uow.execute(sql("actions/decide_call/call"), {"call_id": call_id}).one_or_none()
        if call is None:
            raise NotFound("no_such_call", call=str(call_id))
        decision = {
            "call_id": call.id,
            "client_id": call.client_id,
            "packet_id": call.packet_id,
            "decision": "received" if received else "not_received",
            "by": by,
        }
        # The check is locked before the call, as when the lists are read.
        first = uow.all(sql("actions/decide_call/decide"), decision)
        open_calls = uow.all(sql("actions/reconcile/not_accepted_lock"), {"call_ids": [call.id]})
        if not first or not open_calls:
            raise AlreadyDecided("call_already_decided")
        ready = accept(uow, [call.id]) if received else close_not_accepted(uow, [call.id], "not_received")
        uow.commit()
    log.info("call_decided", call_id=str(call_id), received=received, ready=ready)
    return ready


def accept(uow: UnitOfWork, call_ids: Sequence[UUID]) -> int:
    """Close these locked calls as accepted, in the caller's transaction. Returns how many messages are ready again: none."""
    calls = {"call_ids": call_ids}
    lock_messages_of(uow, call_ids)
    uow.execute(sql("actions/decide_call/accepted"), calls)
    keep_totals(uow, uow.all(sql("events/prove_messages"), calls))
    return 0


def note_double(engine: Engine, client_id: UUID | None, attempt_id: UUID, *, by: str) -> None:
    """Record that a person knows of a message that may have gone out twice. Raises NotFound, also when it was noted before."""
    with seen_by(engine, client_id) as uow:
        if not uow.all(sql("actions/decide_call/note"), {"attempt_id": attempt_id, "by": by}):
            raise NotFound("no_such_double", attempt=str(attempt_id))
        uow.commit()
