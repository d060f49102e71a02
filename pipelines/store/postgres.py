"""The embedded PostgreSQL of an installation: starts it, attaches to it if it runs, recovers it if it was killed.

python -m pipelines.store.postgres start|stop|status|url [--home FOLDER]
"""

import argparse
import fcntl
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import URL

from pipelines.errors import SettingsError
from pipelines.settings import settings
from pipelines.store.log_file import log_path, open_log
from pipelines.store.postgres_place import MAJOR, Place, find_place
from pipelines.store.postgres_server import (
    RunningServer,
    end_server,
    forget_dead_server,
    free_port,
    running_server,
)
from pipelines.store.postgres_tuning import configuration, memory_bytes
from pipelines.store.secrets import load_or_create
from pipelines.store.whole_file import replace_file

FIRST_PORT = 5499
START_TRIES = 5
# Recovery after a kill can take minutes when a gigabyte of WAL has to be replayed.
START_SECONDS = 600
STOP_SECONDS = 60
SUPERUSER = "postgres"

log = structlog.get_logger()


@dataclass(frozen=True)
class Server:
    """A server that is ready. `url` is the superuser's address; those of other roles are derived from it."""

    port: int
    pid: int
    data: Path
    password: str = field(repr=False)

    def url(self, database: str = "postgres") -> URL:
        """The superuser's address of `database`."""
        return URL.create("postgresql+psycopg", SUPERUSER, self.password, "127.0.0.1", self.port, database)

    def dsn(self, database: str = "postgres") -> str:
        """The same as text for psycopg and psql, including the password."""
        return self.url(database).set(drivername="postgresql").render_as_string(hide_password=False)


class EmbeddedPostgres:
    """The server of the installation in `home`.

    The first free port from `port` upwards is used, and remembered in `home`.
    """

    def __init__(self, home: Path, port: int = FIRST_PORT) -> None:
        self.folder = home.resolve() / "postgres"
        self.home = home.resolve()
        self.wanted_port = port

    def start(self) -> Server:
        """Start the server, or attach to it when it runs already. Creates it on the first call; recovers it after a kill.

        Raises SettingsError, which names the log, when it does not start.
        """
        with self._lock():
            place = find_place(self.home)
            running = self._wait_until_ready(place)
            if running is None:
                self._create(place)
                running = self._launch(place)
        return self._server(place, running)

    def stop(self) -> None:
        """Stop the server if it runs: sessions are ended, all data is written. No other process is touched."""
        with self._lock():
            place = find_place(self.home)
            running = running_server(place.data)
            if running is None:
                return
            with open_log(self.home, "postgres") as output:
                stop = ("stop", "-D", str(place.data), "-w", "-t", str(STOP_SECONDS), "-m")
                ended = any(
                    place.run(
                        "pg_ctl", *stop, mode, log=output.fileno(), timeout=STOP_SECONDS + 10
                    ).returncode
                    == 0
                    for mode in ("fast", "immediate")
                )
            if not ended:
                end_server(running.pid)
            log.info("postgres_stopped")

    def running(self) -> Server | None:
        """The server if it is ready; never starts one."""
        if not self.folder.exists():
            return None
        place = find_place(self.home)
        running = running_server(place.data)
        return self._server(place, running) if running and running.ready else None

    def _server(self, place: Place, running: RunningServer) -> Server:
        return Server(running.port, running.pid, place.data, load_or_create(self.home)["postgres_superuser"])

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Only one process may start or stop the server at a time. The system frees the lock of a killed process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self, place: Place) -> None:
        """Create the cluster beside its final place and rename it, so that an incomplete one is never used."""
        if place.data.exists():
            self._check_version(place)
            return
        fresh = place.folder / "data.new"
        password_file = place.folder / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        fresh.mkdir()
        password_file.touch(0o600)
        password_file.write_text(load_or_create(self.home)["postgres_superuser"])
        place.own(fresh)
        place.own(password_file)
        try:
            with open_log(self.home, "postgres") as output:
                done = place.run("initdb", *initdb_arguments(fresh, password_file), log=output.fileno())
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise SettingsError("postgres_not_set_up", log=self._log)
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("include_if_exists = 'packetboat.conf'\n")
        fresh.rename(place.data)
        log.info("postgres_created", data=str(place.data))

    def _check_version(self, place: Place) -> None:
        made_by = (place.data / "PG_VERSION").read_text().strip()
        if made_by != str(MAJOR):
            raise SettingsError(
                "postgres_other_version", data=str(place.data), made_by=made_by, ours=str(MAJOR)
            )

    def _launch(self, place: Place) -> RunningServer:
        """Start on the remembered port or the next free one. Tries again, because another process may take the port
        meanwhile, and the children of a killed server may hold its shared memory for a moment.
        """
        first = self._remembered_port() or self.wanted_port
        for attempt in range(START_TRIES):
            port = free_port(first)
            self._configure(place, port)
            forget_dead_server(place.data)
            with open_log(self.home, "postgres") as output:
                place.run(
                    "pg_ctl", "start", "-D", str(place.data), "-w", "-t", str(START_SECONDS),
                    log=output.fileno(), timeout=START_SECONDS + 10,
                )  # fmt: skip
            running = running_server(place.data)
            if running:
                if running.port != self._remembered_port():
                    replace_file(self.folder / "port", str(running.port))
                log.info("postgres_started", port=running.port, wanted_port=self.wanted_port)
                return running
            time.sleep(0.2 * 2**attempt)
        raise SettingsError("postgres_not_started", log=self._log)

    def _configure(self, place: Place, port: int) -> None:
        """Write our part of the configuration unless it is up to date: the server must also start on a full disk."""
        path, content = place.data / "packetboat.conf", configuration(port, memory_bytes())
        if not path.exists() or path.read_text() != content:
            replace_file(path, content, place.own)

    def _remembered_port(self) -> int | None:
        try:
            return int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _wait_until_ready(self, place: Place) -> RunningServer | None:
        """The server once it is ready, or None once it is gone: it may be replaying WAL after a kill, or shutting down."""
        end = time.monotonic() + START_SECONDS
        while running := running_server(place.data):
            if running.ready:
                return running
            if time.monotonic() > end:
                raise SettingsError("postgres_not_ready", log=self._log)
            time.sleep(0.05)
        return None

    @property
    def _log(self) -> str:
        return str(log_path(self.home, "postgres"))


def initdb_arguments(data: Path, password_file: Path) -> list[str]:
    """UTF-8 with PostgreSQL's own C.UTF-8, which sorts the same on every machine; every role needs a password."""
    return [
        "-D", str(data),
        "--username", SUPERUSER,
        "--pwfile", str(password_file),
        "--auth", "scram-sha-256",
        "--encoding", "UTF8",
        "--locale", "C",
        "--locale-provider", "builtin",
        "--builtin-locale", "C.UTF-8",
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command of this module. `status` and `url` exit with 3 when no server runs, like `pg_ctl status`."""
    parser = argparse.ArgumentParser(prog="pipelines.store.postgres", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "url"])
    parser.add_argument(
        "--home", type=Path, default=None, help="the installation's home; default: PACKETBOAT_HOME"
    )
    chosen = parser.parse_args(arguments)
    postgres = EmbeddedPostgres(chosen.home or settings().home, settings().postgres_port)
    if chosen.action == "stop":
        postgres.stop()
        return 0
    server = postgres.start() if chosen.action == "start" else postgres.running()
    if server is None:
        sys.stderr.write("No server is running here.\n")
        return 3
    status = f"PostgreSQL runs on port {server.port} (process {server.pid})."
    sys.stdout.write((server.dsn() if chosen.action == "url" else status) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
