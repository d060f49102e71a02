"""Raises alarms when the credit of a client runs low, or its next packet will probably not fit (R61)."""

from typing import Any

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.alarms import Alarm, keep_alarms
from pipelines.language.money import priced
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

LOW, SHORT = "credit_low", "credit_short"

log = structlog.get_logger()


def watch_credit(engine: Engine) -> int:
    """Raise the alarms that hold and clear the others. Returns how many are new."""
    with UnitOfWork(engine, every_client=True) as uow:
        low = [_alarm(row, paid=row.paid_minor) for row in uow.all(sql("billing/low_credit"))]
        short = [_alarm(row, usual=row.total_minor) for row in uow.all(sql("billing/short_credit"))]
        new = keep_alarms(uow, LOW, low) + keep_alarms(uow, SHORT, short)
        uow.commit()
    if new:
        log.warning("credit_alarms", new=new)
    return new


def _alarm(row: Row[Any], **amounts: int) -> Alarm:
    params = {name: priced(minor, row.currency) for name, minor in amounts.items()}
    return Alarm(
        row.client_id, params | {"free": priced(row.free_minor, row.currency)}, row.event, row.currency
    )
