"""What the clock does while a channel waits: its messages expire when they are due to, and long trouble with a provider raises an alarm."""

from collections import Counter
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.events.totals import keep_totals
from pipelines.store.faults import do_each
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PROVIDER_TROUBLE = ("provider_busy", "provider_down", "provider_unclear", "sender_refused", "complaints")
ALARMED = (*PROVIDER_TROUBLE, "over_limit")  # waits that raise an alarm, which ends with them
PATIENCE = 900.0  # seconds of trouble with a provider before somebody is told; a refused account or sender is reported at once
BATCH = 5_000  # messages

log = structlog.get_logger()


def watch_waits(engine: Engine) -> int:
    """Look after the channels that wait, since their lanes do not run meanwhile; returns how many messages expired.

    If a client's messages cannot expire, those of the others do, and the error is raised afterwards. A channel with nothing left to send waits no longer, and the packet then ends like any other. Nor does one whose provider is back.
    """
    _free(engine)
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("events/wait_alarm"), ALL_PACKETS | {"patience_seconds": PATIENCE})
        uow.commit()
        clients = [row.client_id for row in uow.all(sql("events/expired_clients"))]
    expired = Counter[UUID]()

    def expire(client_id: UUID) -> None:
        while moved := _expire(engine, client_id):
            expired[client_id] += moved

    try:
        do_each(clients, expire)
    finally:
        if expired:
            log.warning("messages_expired_waiting", messages=expired.total())
    return expired.total()


def _free(engine: Engine) -> None:
    """Let the channels go on that waited for a provider, once a sender of their client can be used again."""
    with UnitOfWork(engine, every_client=True) as uow:
        waits = uow.all(sql("events/wait_freed_lock"), TROUBLE)
        places = {"packet_ids": [row.packet_id for row in waits], "channels": [row.channel for row in waits]}
        uow.execute(sql("events/wait_freed"), places)
        freed = sorted(set(places["packet_ids"]))
        uow.execute(sql("events/wait_answered"), {"packet_ids": freed} | TROUBLE)
        uow.commit()
    if freed:
        log.info("provider_back", packets=len(freed))


TROUBLE: dict[str, Any] = {"codes": list(PROVIDER_TROUBLE)}
ALARMS: dict[str, Any] = {"codes": list(ALARMED)}
ALL_PACKETS: dict[str, Any] = {"packet_id": None}


def _expire(engine: Engine, client_id: UUID) -> int:
    due = {"client_id": client_id, "limit": BATCH}
    with UnitOfWork(engine, every_client=True) as uow:
        late = [row.id for row in uow.all(sql("events/expired_lock"), due)]
        if not late:
            return 0
        moved = uow.all(sql("events/expired_messages"), {"message_ids": late})
        keep_totals(uow, moved)
        packet_ids = sorted({row.packet_id for row in moved})
        uow.execute(sql("events/lock_waits"), {"packet_ids": packet_ids})
        uow.execute(sql("events/wait_over"), {"packet_ids": packet_ids})
        uow.execute(sql("events/wait_answered"), {"packet_ids": packet_ids} | ALARMS)
        uow.commit()
        return len(moved)
