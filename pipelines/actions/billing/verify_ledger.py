"""Checks the ledger of every client. A difference holds the new packets of that client, until it is gone."""

import json

import structlog
from sqlalchemy import Engine

from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.billing.proofs import Difference, differences
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

ALARM = "ledger_difference"

log = structlog.get_logger()


def verify_ledger(engine: Engine) -> list[Difference]:
    """Prove the laws, and raise or clear an alarm for each client. Returns the differences.

    While a client has one, its new packets wait like packets without credit. Those that wait are started when it is gone.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        found = differences(uow)
        clients = {one.client_id: one for one in found}
        for client_id, one in clients.items():
            uow.execute(
                sql("billing/raise_alarm"),
                {"client_id": client_id, "code": ALARM, "params": json.dumps({"proof": one.proof})},
            )
        uow.execute(sql("billing/clear_alarms"), {"code": ALARM, "client_ids": list(clients)})
        uow.commit()
    for one in found:
        log.error("ledger_differs", proof=one.proof, client_id=str(one.client_id), currency=one.currency)
    if not found:
        reserve_waiting(engine)
    return found
