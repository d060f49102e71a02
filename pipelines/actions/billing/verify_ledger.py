"""Checks the ledger of every client. A difference holds the new packets of that client, until it is gone."""

import structlog
from sqlalchemy import Engine

from pipelines.actions.alarms import Alarm, clear_other_alarms, raise_alarm
from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.billing.proofs import Difference, differences
from pipelines.store.unit_of_work import UnitOfWork

ALARM = "ledger_difference"

log = structlog.get_logger()


def verify_ledger(engine: Engine) -> list[Difference]:
    """Prove the laws, and raise or clear an alarm for each client. Returns the differences.

    While a client has one, its new packets wait like packets without credit. Those that wait are started when it is gone.
    """
    with UnitOfWork(engine, every_client=True) as uow:
        found = differences(uow)
        proofs = {one.client_id: one.proof for one in found}
        alarms = [Alarm(client_id, {"proof": proof}) for client_id, proof in proofs.items()]
        for alarm in alarms:
            raise_alarm(uow, ALARM, alarm)
        clear_other_alarms(uow, ALARM, alarms)
        uow.commit()
    for one in found:
        log.error("ledger_differs", proof=one.proof, client_id=str(one.client_id), currency=one.currency)
    if not found:
        reserve_waiting(engine)
    return found
