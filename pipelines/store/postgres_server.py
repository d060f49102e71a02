"""The running PostgreSQL according to its postmaster.pid (manual, 66.1): its process, its port, whether it is ready."""

import signal
import socket
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipelines.errors import SettingsError

PORT_TRIES = 50
QUIT_SECONDS = 30
MAX_PORT = 65_535


@dataclass(frozen=True)
class RunningServer:
    pid: int
    port: int
    ready: bool


def running_server(data: Path) -> RunningServer | None:
    """The server that runs on `data`; None when postmaster.pid is missing, incomplete, or left by a dead server."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not is_postgres_of(pid, data):
        return None
    return RunningServer(pid, port, ready=len(lines) > 7 and lines[7].strip() == "ready")


def is_postgres_of(pid: int, data: Path) -> bool:
    """Whether process `pid` is the server of this folder, and not another process that reuses the pid."""
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command


def forget_dead_server(data: Path) -> None:
    """Remove the postmaster.pid of a killed server.

    PostgreSQL itself ignores the file of a dead process, but refuses to start when another process reuses the pid.
    """
    if running_server(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def end_server(pid: int) -> None:
    """Stop a server that `pg_ctl` cannot reach, for example because its folder is no longer accessible.

    SIGQUIT stops it immediately; the data is recovered at the next start.
    """
    with suppress(psutil.Error):
        server = psutil.Process(pid)
        server.send_signal(signal.SIGQUIT)
        server.wait(QUIT_SECONDS)


def free_port(first: int, host: str = "127.0.0.1", avoid: Collection[int] = ()) -> int:
    """`first`, or the next free port above it. Raises SettingsError when fifty in a row are taken."""
    end = min(first + PORT_TRIES, MAX_PORT + 1)
    for port in range(first, end):
        if port not in avoid and _is_free(host, port):
            return port
    if not _is_free(host, 0):
        raise SettingsError("no_such_address", host=host)
    raise SettingsError("no_free_port", first=first, last=end - 1)


def _is_free(host: str, port: int) -> bool:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
