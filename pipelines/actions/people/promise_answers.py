"""Promises what follows a reply through the outbox: our answer to STOP, START and HELP, and the forwarding to the client (R48)."""

from collections.abc import Sequence
from uuid import UUID

from pipelines.domain.replies import Kind
from pipelines.providers.carriers import carriers
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ANSWER, FORWARD = "reply_answer", "reply_forward"  # kinds of the outbox
ANSWERED = (Kind.STOP, Kind.START, Kind.HELP)
MAX_PER_HOUR = 5  # forwarded replies of one person


def promise_answers(uow: UnitOfWork, reply_ids: Sequence[UUID]) -> None:
    """Promise the answers to these replies, in the transaction that reads them."""
    parameters = {"ids": list(reply_ids), "kinds": list(ANSWERED)}
    due = [
        row.id
        for row in uow.all(sql("replies/to_answer"), parameters)
        if row.kind == Kind.HELP or not _confirmed_by_provider(row.provider, row.sender)
    ]
    if due:
        uow.execute(sql("replies/promise"), {"ids": due, "kind": ANSWER})
        uow.execute(sql("replies/mark_answered"), {"ids": due})


def promise_forwards(uow: UnitOfWork, reply_ids: Sequence[UUID]) -> None:
    """Promise to forward these replies where their client wants that and the limits allow it, one after the other, as each counts."""
    for reply_id in reply_ids:
        limits = {"id": reply_id, "max_per_hour": MAX_PER_HOUR}
        if uow.scalar(sql("replies/promise_forward"), limits) == "promised":
            uow.execute(sql("replies/promise"), {"ids": [reply_id], "kind": FORWARD})


def _confirmed_by_provider(provider: str, sender: str) -> bool:
    return provider in carriers() and carriers()[provider].confirms_opt_out(sender)
