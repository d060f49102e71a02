"""Raises and clears the alarms about clients. A new one is also promised to the client by e-mail."""

import json
from collections.abc import Mapping
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
    """An alarm about a client. `params` are those of its sentence; of the same `event`, the client gets one e-mail."""

    event: str
    params: dict[str, Any] = field(default_factory=dict)


def keep_alarms(uow: UnitOfWork, code: str, alarms: Mapping[UUID, Alarm]) -> int:
    """Raise these alarms, by client, and clear all others with this code. Returns how many are new.

    One that stands already keeps its time and gets the present params.
    """
    uow.execute(sql("billing/clear_alarms"), {"code": code, "client_ids": list(alarms)})
    new = 0
    for client_id, alarm in alarms.items():
        values = {"client_id": client_id, "code": code, "params": json.dumps(alarm.params)}
        if any(row.is_new for row in uow.all(sql("billing/raise_alarm"), values)):
            uow.execute(sql("actions/promise_alarm"), values | {"event": alarm.event})
            new += 1
    return new
