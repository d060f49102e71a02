"""Raises and clears the alarms about clients. A new one is also promised to the client by e-mail."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAILED = (
    "credit_low",
    "credit_short",
    "complaints_high",
    "complaints_stop",
)  # the codes of client_alarm that `keep_alarms` raises


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm about a client. `params` are those of its sentence; of the same `event`, the client gets one e-mail.

    `subject` tells several alarms with one code about a client apart, such as those about its currencies, or about accounts.
    """

    client_id: UUID
    params: dict[str, Any] = field(default_factory=dict)
    event: str = ""
    subject: str = ""


def keep_alarms(uow: UnitOfWork, code: str, alarms: Sequence[Alarm]) -> int:
    """Raise these alarms, promise e-mails about new ones, and clear all others with this code. Returns how many are new.

    One that stands already keeps its time and gets the present params.
    """
    clear_other_alarms(uow, code, alarms)
    new = [alarm for alarm in alarms if raise_alarm(uow, code, alarm)]
    for alarm in new:
        promise = {"client_id": alarm.client_id, "code": code, "event": alarm.event}
        uow.execute(sql("actions/promise_alarm"), promise | {"params": json.dumps(alarm.params)})
    return len(new)


def raise_alarm(uow: UnitOfWork, code: str, alarm: Alarm) -> bool:
    """Raise an alarm without an e-mail to the client; returns whether it is new."""
    values = {
        "client_id": alarm.client_id,
        "code": code,
        "subject": alarm.subject,
        "params": json.dumps(alarm.params),
    }
    return any(row.is_new for row in uow.all(sql("billing/raise_alarm"), values))


def clear_other_alarms(
    uow: UnitOfWork, code: str, alarms: Sequence[Alarm], *, only: Sequence[str] | None = None
) -> None:
    """Clear the alarms with this code that are not among these: all, or `only` those about these subjects."""
    holding = {
        "client_ids": [alarm.client_id for alarm in alarms],
        "subjects": [alarm.subject for alarm in alarms],
        "only": None if only is None else list(only),
    }
    uow.execute(sql("billing/clear_alarms"), {"code": code} | holding)
