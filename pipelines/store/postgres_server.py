"""What PostgreSQL says about its own run: the process, its port, whether it answers (manual, 66.1, postmaster.pid)."""

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
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class RunningServer:
    pid: int
    port: int
    ready: bool


def running_server(data: Path) -> RunningServer | None:
    """The server that serves `data` now; None when the note is missing, half written, or left by a dead server."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not is_postgres_of(pid, data):
        return None
    return RunningServer(pid, port, ready=len(lines) > 7 and lines[7].strip() == "ready")


def is_postgres_of(pid: int, data: Path) -> bool:
    """Whether process `pid` is the server of this very folder, and not a stranger that was given an old number."""
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command


def forget_dead_server(data: Path) -> None:
    """Remove the note of a server that was killed, when its number now belongs to another process.

    PostgreSQL itself clears the note of a dead process, but refuses to start when the number is in use again.
    """
    if running_server(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def end_server(pid: int) -> None:
    """End a server that `pg_ctl` does not reach, as when somebody closed the way to its data: at once, and safe for the data."""
    with suppress(psutil.Error):
        server = psutil.Process(pid)
        server.send_signal(signal.SIGQUIT)
        server.wait(QUIT_SECONDS)


def free_port(wanted: int, host: str = "127.0.0.1", avoid: Collection[int] = ()) -> int:
    """`wanted`, or the next port above it that nobody listens on. Raises SettingsError when fifty in a row are taken."""
    end = min(wanted + PORT_TRIES, HIGHEST_PORT + 1)
    for port in range(wanted, end):
        if port not in avoid and _is_free(host, port):
            return port
    if not _is_free(host, 0):
        raise SettingsError("no_such_address", host=host)
    raise SettingsError("no_free_port", first=wanted, last=end - 1)


def _is_free(host: str, port: int) -> bool:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
