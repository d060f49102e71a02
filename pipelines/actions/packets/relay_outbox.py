"""Keeps the promises of the outbox: starts the runs of packets in Airflow, now or when Airflow is back (docs/protocols.md#outbox)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.errors import PacketboatError
from pipelines.providers.airflow import Airflow
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

DAG = "packet"
AWAY = "airflow_away"  # the error code when Airflow does not answer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Relayed:
    """How many promised starts were delivered now, and how many have to be tried again."""

    delivered: int
    waiting: int


def relay_outbox(
    engine: Engine, airflow: Airflow, *, packet_id: UUID | None = None, limit: int = 100
) -> Relayed:
    """Start the runs that are promised and due, or that of one packet. Errors of Airflow are not raised: the promise is tried again.

    A run that exists already counts as delivered, so a repeat is harmless. When Airflow is away, the first promise that fails stops the rest.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        parameters = {"packet_id": str(packet_id) if packet_id else None, "limit": limit}
        promises = uow.all(sql("actions/claim_outbox"), parameters)
        uow.commit()
    delivered = 0
    for place, promise in enumerate(promises, 1):
        problem = _start(airflow, promise.payload)
        with UnitOfWork(engine, every_client=True) as uow:
            if problem is None:
                uow.execute(sql("actions/outbox_delivered"), {"id": promise.id})
                delivered += 1
            else:
                uow.execute(sql("actions/outbox_failed"), {"id": promise.id, "error": problem})
                log.warning("start_delayed", packet_id=promise.payload["packet_id"], code=problem)
            if problem == AWAY:
                untried = [other.id for other in promises[place:]]
                uow.execute(sql("actions/outbox_untried"), {"ids": untried, "error": problem})
            uow.commit()
        if problem == AWAY:
            break
    return Relayed(delivered, len(promises) - delivered)


def _start(airflow: Airflow, payload: Mapping[str, Any]) -> str | None:
    """Start one run. Returns the code of the error, None when it is started."""
    try:
        airflow.trigger_run(
            DAG,
            payload["run_id"],
            {"packet_id": payload["packet_id"], "prepared": payload.get("prepared", False)},
        )
    except PacketboatError as error:
        return error.code
    return None
