"""When and where a client is told about alarms: at which share of its credit, and the address for e-mails."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row

from pipelines.channels import channels
from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import Cleaned, Setting
from pipelines.errors import SettingsError
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

_NO_REGION = Setting(region="ZZ", language="en", time_zone="UTC")


def set_alarms(
    engine: Engine, client_id: UUID, *, address: str | None = None, credit_percent: int | None = None
) -> Row[Any]:
    """Change what is given (`address` "" ends the e-mails); returns `alarm_address` and `credit_alarm_percent`.

    Alarms that stand already are not sent again. Raises SettingsError for an address that is none.
    """
    if address and not _is_address(address):
        raise SettingsError("alarm_address_wrong")
    with UnitOfWork(engine, client_id) as uow:
        values = {"client_id": client_id, "address": address, "credit_percent": credit_percent}
        row = uow.one(sql("actions/set_alarms"), values)
        uow.commit()
    return row


def _is_address(address: str) -> bool:
    clean = value_rules()[channels()["email"].address].clean
    cleaned = clean(address, _NO_REGION) if clean else None
    return isinstance(cleaned, Cleaned) and cleaned.value == address
