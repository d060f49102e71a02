"""Cancels what is left of cancelled packets. What a provider has or may have keeps its fate."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.events.sweep import give_back_unbegun
from pipelines.events.totals import add_up, close, keep_totals
from pipelines.store.faults import do_each
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 5_000  # messages
START = {"after_channel": "", "after_expires": "-infinity", "after_row": -1}

log = structlog.get_logger()


def finish_cancelled(engine: Engine, packet_id: UUID | None = None) -> int:
    """Cancel the messages that are left of a cancelled packet, or of all, and settle the packet. Returns how many messages.

    A packet with calls in flight is left for later; so is one that a step works on, whose run settles it. If a packet cannot be
    cancelled, the others are, and the error is raised afterwards.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        packets = uow.all(sql("events/cancel/unfinished"), {"packet_id": packet_id})
    cancelled = []

    def finish(packet: Row[Any]) -> None:
        cancelled.append(cancel_unsent(engine, packet.packet_id))
        _settle(engine, packet.client_id, packet.packet_id)

    do_each(packets, finish)
    return sum(cancelled)


def cancel_unsent(engine: Engine, packet_id: UUID) -> int:
    """Cancel every message of a cancelled packet that no call has begun to send. Returns how many. Repeating it is harmless."""
    cancelled = 0
    while True:
        give_back_unbegun(engine, packet_id, claim_seconds=0.0)
        moved = _cancel_ready(engine, packet_id)
        cancelled += moved
        if not moved:
            break
    if cancelled:
        log.info("messages_cancelled", packet_id=str(packet_id), messages=cancelled)
    return cancelled


def _cancel_ready(engine: Engine, packet_id: UUID) -> int:
    """Walk once over the packet's ready messages, a batch per transaction."""
    cancelled, place = 0, dict(START)
    while True:
        with UnitOfWork(engine, every_client=True) as uow:
            due = {"packet_id": packet_id, "limit": BATCH} | place
            locked = uow.all(sql("events/cancel/lock_ready"), due)
            if not locked:
                return cancelled
            keep_totals(
                uow, uow.all(sql("events/cancel/messages"), {"message_ids": [row.id for row in locked]})
            )
            uow.commit()
        last = locked[-1]
        place = {"after_channel": last.channel, "after_expires": last.expires_at, "after_row": last.row_no}
        cancelled += len(locked)


def _settle(engine: Engine, client_id: UUID, packet_id: UUID) -> None:
    packet = {"packet_id": packet_id}
    with UnitOfWork(engine, client_id) as uow:
        if not uow.all(sql("events/cancel/lock_packet"), packet):
            return
        if uow.one(sql("events/cancel/in_flight"), packet).in_flight:
            return
        add_up(uow, client_id, packet_id)
        close(uow, packet_id)
        uow.commit()
