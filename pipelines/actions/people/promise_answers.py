"""Promises what follows a reply through the outbox: our answer to STOP, START and HELP."""

from collections.abc import Sequence
from uuid import UUID

from pipelines.domain.replies import Kind
from pipelines.providers.carriers import carriers
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ANSWERED = (Kind.STOP, Kind.START, Kind.HELP)


def promise_answers(uow: UnitOfWork, reply_ids: Sequence[UUID]) -> None:
    """Promise the answers to these replies, in the transaction that reads them."""
    parameters = {"ids": list(reply_ids), "kinds": list(ANSWERED)}
    due = [
        row.id
        for row in uow.all(sql("replies/to_answer"), parameters)
        if row.kind == Kind.HELP or not _confirmed_by_provider(row.provider, row.sender)
    ]
    if due:
        uow.execute(sql("replies/promise_answers"), {"ids": due})
        uow.execute(sql("replies/mark_answered"), {"ids": due})


def _confirmed_by_provider(provider: str, sender: str) -> bool:
    return provider in carriers() and carriers()[provider].confirms_opt_out(sender)
