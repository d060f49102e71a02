"""Closes provider calls whose lane fell silent. Nobody is trusted to be dead: the owner's late word is refused, the lease is longer than any call."""

import structlog
from sqlalchemy import Engine

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

BATCH = 5_000

log = structlog.get_logger()


def close_dead_calls(engine: Engine) -> int:
    """Make unknown every call whose lease has ended, and its messages with it; returns how many calls that were."""
    closed = 0
    while True:
        with UnitOfWork(engine, every_client=True) as uow:
            packets = uow.all(sql("events/sweep"), {"most": BATCH})
            for packet_id in sorted(row.packet_id for row in packets):
                uow.execute(sql("events/hold_packets"), {"packet_ids": [packet_id]})
                uow.execute(sql("events/close_packet"), {"packet_id": packet_id})
            uow.commit()
        if not packets:
            return closed
        calls = sum(row.calls for row in packets)
        closed += calls
        log.warning("calls_without_an_answer", calls=calls, packets=len(packets))
