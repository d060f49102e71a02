"""Reserves the credit of packets that wait for it, the oldest first, and starts their runs again."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.packets.runs import Start, promise_runs
from pipelines.billing.wallet import Bill, reserve
from pipelines.store.faults import do_each
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


def reserve_waiting(engine: Engine, client_id: UUID | None = None) -> list[UUID]:
    """Reserve the credit of every waiting packet that fits, and promise its run. Returns these packets.

    Of a client or of all. A packet that is too expensive does not hold up a cheaper one behind it. Two processes share the work: each packet
    is started by one of them. Each has a transaction of its own, so that no client's accounts are locked while another's are looked at; if one fails, the others are started, and
    the error is raised afterwards.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        waiting = uow.all(sql("billing/waiting_packets"), {"client_id": client_id})
    started = []

    def start(packet: Row[Any]) -> None:
        with UnitOfWork(engine, every_client=True) as uow:
            begun = _start(uow, packet)
            uow.commit()
        if begun:
            log.info("credit_reserved", packet_id=str(packet.packet_id))
            started.append(packet.packet_id)

    do_each(waiting, start)
    return started


def _start(uow: UnitOfWork, waiting: Row[Any]) -> bool:
    packet = {"packet_id": waiting.packet_id}
    if not uow.all(sql("billing/waiting_charge_lock"), packet):
        return False
    locked = uow.all(sql("billing/waiting_lock"), packet)
    if not locked:
        return False
    still_open = uow.one(sql("billing/open_total"), packet)
    bill = Bill(
        waiting.packet_id, waiting.client_id, waiting.currency, still_open.messages, still_open.total_minor
    )
    reason = reserve(uow, bill)
    if reason is not None:
        uow.execute(sql("billing/await_credit"), packet | {"code": reason.code, "params": reason.json_params})
        return False
    uow.execute(sql("events/lock_waits"), {"packet_ids": [waiting.packet_id]})
    uow.execute(sql("billing/release_channels"), packet)
    uow.execute(sql("billing/send_on"), packet)
    start = Start(waiting.packet_id, waiting.client_id, locked[0].revision, ready=still_open.messages)
    promise_runs(uow, [start])
    return True
