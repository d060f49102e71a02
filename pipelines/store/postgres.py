"""The embedded PostgreSQL of an installation: started with one call, found again if it runs, healed if it was killed.

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
# Replay after a kill can take minutes when a gigabyte of log is waiting.
START_SECONDS = 600
STOP_SECONDS = 60
SUPERUSER = "postgres"

log = structlog.get_logger()


@dataclass(frozen=True)
class Server:
    """A server that answers. `url` is the superuser's address; other roles are derived from it."""

    port: int
    pid: int
    data: Path
    password: str = field(repr=False)

    def url(self, database: str = "postgres") -> URL:
        """The superuser's address of `database`."""
        return URL.create("postgresql+psycopg", SUPERUSER, self.password, "127.0.0.1", self.port, database)

    def dsn(self, database: str = "postgres") -> str:
        """The same as text for psycopg and psql, the password in it."""
        return self.url(database).set(drivername="postgresql").render_as_string(hide_password=False)


class EmbeddedPostgres:
    """The server whose data belongs to the installation in `home`.

    `port` is where to begin looking for a free one; the port found is remembered in `home`.
    """

    def __init__(self, home: Path, port: int = FIRST_PORT) -> None:
        self.folder = home.resolve() / "postgres"
        self.home = home.resolve()
        self.wanted_port = port

    def start(self) -> Server:
        """Start the server, or attach to it when it runs already. Made on the first call; healed after a kill.

        Raises SettingsError, with the place of the log, when it does not come up.
        """
        with self._alone():
            place = find_place(self.home)
            found = self._settled(place)
            if found is None:
                self._create(place)
                found = self._launch(place)
        return self._server(place, found)

    def stop(self) -> None:
        """End the server, if it runs: sessions are ended, everything is written. Nothing else is touched."""
        with self._alone():
            place = find_place(self.home)
            found = running_server(place.data)
            if found is None:
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
                end_server(found.pid)
            log.info("postgres_stopped")

    def running(self) -> Server | None:
        """The server if it answers now; never starts one."""
        if not self.folder.exists():
            return None
        place = find_place(self.home)
        found = running_server(place.data)
        return self._server(place, found) if found and found.ready else None

    def _server(self, place: Place, found: RunningServer) -> Server:
        return Server(found.port, found.pid, place.data, load_or_create(self.home)["postgres_superuser"])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One starter or stopper at a time. The system frees the lock of a killed holder, so it cannot go stale."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self, place: Place) -> None:
        """Make the cluster beside its final place and move it there: a half-made one is never taken for a whole."""
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
        """Start on the remembered port or the next free one. A port lost meanwhile, or memory that the children
        of a killed server still hold for a moment, is tried again.
        """
        wanted = self._remembered_port() or self.wanted_port
        for attempt in range(START_TRIES):
            port = free_port(wanted)
            self._configure(place, port)
            forget_dead_server(place.data)
            with open_log(self.home, "postgres") as output:
                place.run(
                    "pg_ctl", "start", "-D", str(place.data), "-w", "-t", str(START_SECONDS),
                    log=output.fileno(), timeout=START_SECONDS + 10,
                )  # fmt: skip
            found = running_server(place.data)
            if found:
                if found.port != self._remembered_port():
                    replace_file(self.folder / "port", str(found.port))
                log.info("postgres_started", port=found.port, wanted_port=self.wanted_port)
                return found
            time.sleep(0.2 * 2**attempt)
        raise SettingsError("postgres_not_started", log=self._log)

    def _configure(self, place: Place, port: int) -> None:
        """Write our part of the configuration if it is not there already: a server must come back on a full disk, too."""
        path, wanted = place.data / "packetboat.conf", configuration(port, memory_bytes())
        if not path.exists() or path.read_text() != wanted:
            replace_file(path, wanted, place.own)

    def _remembered_port(self) -> int | None:
        try:
            return int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _settled(self, place: Place) -> RunningServer | None:
        """The server once it answers, or None once it is gone: it may replay its log after a kill, or be on its way out."""
        end = time.monotonic() + START_SECONDS
        while found := running_server(place.data):
            if found.ready:
                return found
            if time.monotonic() > end:
                raise SettingsError("postgres_not_ready", log=self._log)
            time.sleep(0.05)
        return None

    @property
    def _log(self) -> str:
        return str(log_path(self.home, "postgres"))


def initdb_arguments(data: Path, password_file: Path) -> list[str]:
    """UTF-8 with PostgreSQL's own C.UTF-8, which sorts alike on every machine; a password for everybody."""
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
    """The command of this module. Exit code 3 from `status` and `url`: no server runs (as `pg_ctl status` says it)."""
    parser = argparse.ArgumentParser(prog="pipelines.store.postgres", description=__doc__)
    parser.add_argument("what", choices=["start", "stop", "status", "url"])
    parser.add_argument(
        "--home", type=Path, default=None, help="default: the installation's own (PACKETBOAT_HOME)"
    )
    chosen = parser.parse_args(arguments)
    postgres = EmbeddedPostgres(chosen.home or settings().home, settings().postgres_port)
    if chosen.what == "stop":
        postgres.stop()
        return 0
    server = postgres.start() if chosen.what == "start" else postgres.running()
    if server is None:
        sys.stderr.write("No server runs here.\n")
        return 3
    answers = f"PostgreSQL answers on port {server.port} (process {server.pid})."
    sys.stdout.write((server.dsn() if chosen.what == "url" else answers) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
