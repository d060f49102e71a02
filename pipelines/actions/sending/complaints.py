"""Watches how many people mark a client's e-mails as spam, and stops its e-mails before mailbox providers stop ours.

Gmail and Yahoo want less than 0.1 % and block senders from 0.3 % on, seven days long (https://support.google.com/a/answer/81126).
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.alarms import Alarm, keep_alarms
from pipelines.errors import PacketboatError
from pipelines.providers.carriers import carriers_of
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

CHANNEL = "email"  # on the others nobody reports complaints
DAYS = 7
MIN_MESSAGES = 1_000  # of fewer, one person who complains says nothing
WARNING_SHARE, STOP_SHARE = 0.001, 0.003  # of the messages

log = structlog.get_logger()


class NotStopped(PacketboatError):
    """The channel was not stopped."""


def watch_complaints(engine: Engine) -> int:
    """Warn about clients with too many complaints, and stop the e-mails of those with far too many; returns how many were stopped.

    Until a person resumes it, every active sender of a stopped client is held back, also one that is added meanwhile (docs/decisions/0034).
    """
    with UnitOfWork(engine, every_client=True) as uow:
        rows = _looked_at(uow)
        stopped = [row for row in rows if row.why is not None or _share(row) >= STOP_SHARE]
        high = [row for row in rows if row.why is None and WARNING_SHARE <= _share(row) < STOP_SHARE]
        keep_alarms(uow, "complaints_high", [_alarm(row, "%G-%V") for row in high])
        new = keep_alarms(uow, "complaints_stop", [_alarm(row, "%F") for row in stopped])
        for row in stopped:
            _stop(uow, row.client_id, CHANNEL, _params(row))
        uow.commit()
    if new:
        log.error("complaints_soar", clients=new)
    return new


def resume_after_complaints(engine: Engine, client_id: UUID) -> None:
    """Let the client's e-mails go on. Complaints until now do not count any more. Raises NotStopped when they are not stopped.

    Lanes that wait go on with the next run of the errands.
    """
    with UnitOfWork(engine, client_id) as uow:
        uow.execute(sql("actions/lock_client"), {"client_id": client_id})
        if not uow.all(sql("actions/sending/resume_channel"), {"client_id": client_id, "channel": CHANNEL}):
            raise NotStopped("not_stopped_by_complaints")
        uow.execute(sql("actions/sending/complaints_seen"), {"client_id": client_id})
        uow.commit()
    log.info("resumed_after_complaints", client_id=str(client_id))


def stop_if_stopped(uow: UnitOfWork, client_id: UUID, channel: str) -> None:
    """Stop also a sender that has just been added to a stopped channel. The client must be locked."""
    why = uow.scalar(sql("actions/sending/why_stopped"), {"client_id": client_id, "channel": channel})
    if why is not None:
        _stop(uow, client_id, channel, why)


def _looked_at(uow: UnitOfWork) -> Sequence[Row[Any]]:
    """The clients with complaints or a stop, locked: what is decided about them is decided on what is read here."""
    look = {"channel": CHANNEL, "days": DAYS}
    client_ids = [row.id for row in uow.all(sql("actions/sending/lock_complained"), look)]
    sources = [f"{carrier.name} event" for carrier in carriers_of(CHANNEL)]  # as in sql/events/suppress
    return uow.all(sql("actions/sending/complaints"), look | {"client_ids": client_ids, "sources": sources})


def _stop(uow: UnitOfWork, client_id: UUID, channel: str, params: dict[str, int]) -> None:
    held = {"client_id": client_id, "channel": channel, "params": json.dumps(params)}
    uow.execute(sql("actions/sending/stop_channel"), held)


def _share(row: Row[Any]) -> float:
    return row.complaints / row.messages if row.messages >= MIN_MESSAGES else 0.0


def _params(row: Row[Any]) -> dict[str, int]:
    """The figures of the sentence; while the e-mails are stopped, those with which they were."""
    why: dict[str, int] | None = row.why
    return why if why is not None else {"complaints": row.complaints, "sent": row.messages}


def _alarm(row: Row[Any], event: str) -> Alarm:
    """`event` says how often the client gets an e-mail about it at most, as a format of the day."""
    return Alarm(row.client_id, _params(row), row.today.strftime(event))
