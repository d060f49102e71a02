"""Raises alarms when the credit of a client runs low, or its next packet will probably not fit (R61)."""

import json

import structlog
from sqlalchemy import Engine

from pipelines.language.money import priced
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

LOW, SHORT = "credit_low", "credit_short"

log = structlog.get_logger()


def watch_credit(engine: Engine) -> int:
    """Raise the alarms that hold and clear the others. Returns how many are new."""
    with UnitOfWork(engine, every_client=True) as uow:
        low = {
            row.client_id: {
                "free": priced(row.free_minor, row.currency),
                "paid": priced(row.paid_minor, row.currency),
            }
            for row in uow.all(sql("billing/low_credit"))
        }
        short = {
            row.client_id: {
                "free": priced(row.free_minor, row.currency),
                "usual": priced(row.total_minor, row.currency),
            }
            for row in uow.all(sql("billing/short_credit"))
        }
        new = 0
        for code, alarms in ((LOW, low), (SHORT, short)):
            uow.execute(sql("billing/clear_alarms"), {"code": code, "client_ids": list(alarms)})
            for client_id, params in alarms.items():
                alarm = {"client_id": client_id, "code": code, "params": json.dumps(params)}
                new += sum(row.is_new for row in uow.all(sql("billing/raise_alarm"), alarm))
        uow.commit()
    if new:
        log.warning("credit_alarms", new=new)
    return new
