"""Keeps when each packet is expected to be all out (docs/decisions/0029)."""

import json
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.sending.expect import Expected, expect
from pipelines.errors import NotFound
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_PACKETS = 100  # per round


def keep_forecast(engine: Engine, packet_id: UUID) -> Expected:
    """Forecast one packet and keep the result. Raises NotFound."""
    with UnitOfWork(engine, every_client=True) as uow:
        client_id = uow.scalar(sql("steps/packet/client"), {"packet_id": packet_id})
        if client_id is None:
            raise NotFound("no_such_packet", packet=str(packet_id))
        expected = expect(uow, client_id, packet_id)
        values = {
            "messages": expected.messages,
            "late": expected.late,
            "seconds": expected.seconds,
            "due": json.dumps(expected.due),
        }
        uow.execute(
            sql("actions/sending/keep_forecast"), values | {"client_id": client_id, "packet_id": packet_id}
        )
        uow.commit()
    return expected


def keep_forecasts(engine: Engine) -> int:
    """Forecast the packets whose forecast is due. Returns how many."""
    with UnitOfWork(engine, every_client=True) as uow:
        due = uow.all(sql("actions/sending/packets_to_forecast"), {"limit": MAX_PACKETS})
    for packet in due:
        keep_forecast(engine, packet.packet_id)
    return len(due)
