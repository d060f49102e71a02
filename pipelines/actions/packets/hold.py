"""The hold: a pause of the whole platform, by hand, or after the database was restored."""

from pathlib import Path

import structlog
from sqlalchemy import Engine

from pipelines.actions.packets.pause import by_hand, start_resumed
from pipelines.actions.packets.subjects import ControlRefused
from pipelines.events.epoch import watch_epoch
from pipelines.events.pauses import PLATFORM, begin_pause, end_pause
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


def begin_hold(engine: Engine, *, by: str, reason: str | None) -> None:
    """Let nothing more be sent by anybody, from each lane's next call on. Raises ControlRefused when there is a hold already."""
    with UnitOfWork(engine, every_client=True) as uow:
        if not begin_pause(uow, PLATFORM, by_hand(reason), by=by):
            raise ControlRefused("already_on_hold")
        uow.commit()
    log.warning("hold_begun")


def release_hold(engine: Engine, home: Path, *, by: str) -> int:
    """Let everything go on. Returns how many packets are started. Raises ControlRefused without a hold.

    If the database was restored and nobody has looked into that yet, what may have gone out becomes unknown first.
    """
    watch_epoch(engine, home)
    with UnitOfWork(engine, every_client=True) as uow:
        if not end_pause(uow, PLATFORM, by=by):
            raise ControlRefused("not_on_hold")
        started = start_resumed(uow, PLATFORM)
        uow.commit()
    log.warning("hold_released", packets=started)
    return started
