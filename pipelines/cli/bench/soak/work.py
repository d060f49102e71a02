"""What the forked processes of a soak do: a lane until it ends, and the errands of `pulse` without a pause of a minute."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from uuid import UUID

import structlog
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from pipelines import clock, logs, steps
from pipelines.actions import recurring
from pipelines.channels.lanes import Lane
from pipelines.errors import PacketboatError
from pipelines.settings import Settings
from pipelines.store.engine import engine
from pipelines.store.log_file import open_log

# Codes of a step's error that are neither a provider's trouble nor a matter of the packet: something of ours is broken.
CRASHES = frozenset({"database_refused", "unexpected"})
ROUND = 1.0  # seconds between two rounds of errands, or between two runs of a lane

log = structlog.get_logger()


def lane(
    settings: Settings,
    secrets: dict[str, str],
    url: str,
    ahead: "Synchronized[float]",
    packet_id: UUID,
    name: str,
) -> None:
    """Run a lane again and again, as Airflow would, with the clock set `ahead` (seconds). Ends with its parent, or crashes."""
    worker = _begin(settings, url)
    while os.getppid() != 1:
        with clock.set_to(datetime.now(UTC) + timedelta(seconds=ahead.value)):
            try:
                steps.run(
                    "dispatch",
                    packet_id,
                    engine=worker,
                    settings=settings,
                    secrets=secrets,
                    lane=Lane.parse(name),
                )
            except (PacketboatError, DBAPIError) as error:
                if is_crash(error):
                    raise
                log.info("lane_ended", error=type(error).__name__)
        time.sleep(ROUND)


def pulse(settings: Settings, secrets: dict[str, str], url: str, ahead: "Synchronized[float]") -> None:
    """Run the errands that need no Airflow again and again, with the clock set `ahead` (seconds). Ends with its parent, or crashes."""
    worker = _begin(settings, url)
    while os.getppid() != 1:
        with clock.set_to(datetime.now(UTC) + timedelta(seconds=ahead.value)):
            for errand in (*recurring.IN_DATABASE, *recurring.CALLING):
                try:
                    errand(worker, settings, secrets)
                except (PacketboatError, DBAPIError) as error:
                    if is_crash(error):
                        raise
                    log.info("errand_failed", errand=errand.__name__, error=type(error).__name__)
        time.sleep(ROUND)


def is_crash(error: Exception) -> bool:
    """Whether a lane or an errand ends with this error because something of ours is broken, not because PostgreSQL is away or a packet has to wait."""
    if isinstance(error, PacketboatError):
        return error.code in CRASHES
    return not isinstance(error, OperationalError | InterfaceError)


def _begin(settings: Settings, url: str) -> Engine:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logs.configure(lambda: open_log(settings.home, "soak"))
    return engine(make_url(url))
