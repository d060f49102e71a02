"""The ports that this run listens on: the ones in the settings, or the next free ones."""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.settings import Settings
from pipelines.store.postgres_server import free_port


@dataclass(frozen=True)
class Ports:
    portal: int
    sandbox: int
    airflow: int


def reachable_host(settings: Settings) -> str:
    """The address at which this machine reaches services that listen on `settings.host`."""
    return "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound


@contextmanager
def claimed_ports(settings: Settings) -> Iterator[Ports]:
    """Free ports for this run, claimed until the block ends.

    A service listens only seconds after its port was chosen, so two launchers could choose the same one. A locked file
    named after the port prevents that.
    """
    preferred = {
        "portal": settings.portal_port,
        "sandbox": settings.sandbox_port,
        "airflow": settings.airflow_port,
    }
    with ExitStack() as claims:
        yield Ports(**_choose(preferred, settings.host, claims))


def _choose(preferred: Mapping[str, int], host: str, claims: ExitStack) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name, port in preferred.items():
        refused = {*preferred.values(), *chosen.values()} - ({port} - {*chosen.values()})
        while True:
            chosen[name] = free_port(port, host, avoid=refused)
            if claim := _claim(chosen[name]):
                claims.enter_context(claim)
                break
            refused.add(chosen[name])
    return chosen


def _claim(port: int) -> IO[str] | None:
    folder = Path(tempfile.gettempdir()) / f"packetboat-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    claim = (folder / str(port)).open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        return None
    return claim
