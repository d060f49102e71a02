"""Checks that the sandbox accepted as many messages of a packet as the database says were sent: two independent books."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, select

from pipelines.cli.sandbox import received
from pipelines.errors import StepFailed
from pipelines.settings import Settings
from pipelines.states import TAKEN
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.messages import Attempt, Message

MAX_MESSAGES = 1_000  # in one page of the sandbox's list


def compare_books(engine: Engine, settings: Settings, packet_id: UUID) -> list[dict[str, Any]]:
    """The packet's messages as the sandbox has them, newest first.

    Raises StepFailed when their number differs from those sent, and TryLater when the sandbox does not answer.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        of_packet = select(Attempt.id).join(Message, Message.id == Attempt.message_id)
        ours = {str(row.id) for row in uow.all(of_packet.where(Message.packet_id == packet_id))}
        sent = uow.scalar(
            select(func.count()).where(Message.packet_id == packet_id, Message.state.in_(TAKEN))
        )
    arrived = [message for message in _every(settings) if message["attempt"] in ours]
    if len(arrived) != sent:
        raise StepFailed("books_differ", sent=sent, arrived=len(arrived), home=str(settings.home))
    return arrived


def _every(settings: Settings) -> Iterator[dict[str, Any]]:
    cursor: int | None = None
    while True:
        page = received(settings, limit=MAX_MESSAGES, cursor=cursor)
        yield from page["messages"]
        cursor = page["next"]
        if cursor is None:
            return
