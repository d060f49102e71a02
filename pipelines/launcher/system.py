"""Runs all of Packetboat for the duration of a block.

with running_system(settings()) as system:
    print(system.urls["portal"])
    system.wait()
"""

import fcntl
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import psutil
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import URL

from pipelines import logs
from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.errors import SettingsError
from pipelines.language import Sentence, say
from pipelines.launcher import run_file, sessions
from pipelines.launcher.database import Database, bring_up_to_date, open_database
from pipelines.launcher.errors import AlreadyRunning, LaunchFailed
from pipelines.launcher.interrupts import Interrupts
from pipelines.launcher.ports import Ports, claimed_ports, reachable_host
from pipelines.launcher.pulse_watch import PulseWatch
from pipelines.launcher.run_file import Run
from pipelines.launcher.services import AIRFLOW, ALL, PORTAL, SANDBOX
from pipelines.launcher.sessions import Leader
from pipelines.launcher.stages import Stages
from pipelines.launcher.startup import start_services
from pipelines.launcher.supervisor import Supervisor
from pipelines.settings import Settings
from pipelines.store import room
from pipelines.store.engine import Role, role_url
from pipelines.store.log_file import open_log

# The task processes report to the API server while they end, and all processes write to PostgreSQL until the end.
END_ORDER = (("airflow scheduler", "airflow dag-processor"), (AIRFLOW,), (PORTAL, SANDBOX))


@dataclass(frozen=True)
class System:
    """A running Packetboat. `settings` contain the actual ports and database; `server` is the superuser's URL."""

    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    server: URL = field(repr=False)
    run: Run = field(repr=False)

    @property
    def packetboat(self) -> Packetboat:
        """The same system, for code in this process."""
        return Packetboat(self.settings, self.secrets, self.server)

    @property
    def urls(self) -> dict[str, str]:
        """The URLs that people open: portal, sandbox, airflow."""
        host, ports = reachable_host(self.settings), run_file.ports_of(self.settings)
        return {name: f"http://{host}:{port}" for name, port in ports.items()}

    @property
    def processes(self) -> list[Leader]:
        """The processes that were started and are running, without PostgreSQL."""
        return list(self.run.processes)

    def database_url(self, role: Role) -> URL:
        """The URL of our database for `role` (owner, app, worker)."""
        return role_url(self.server, role, self.secrets)

    def wait(self) -> None:
        """Block until Ctrl-C, a termination signal, or a process that cannot be kept alive."""
        while True:
            time.sleep(3600)


@contextmanager
def running_system(
    settings: Settings,
    *,
    services: Collection[str] = ALL,
    extra_dag_folders: Sequence[Path] = (),
    console: Console | None = None,
    words: Callable[[Sentence], str] = say,
) -> Iterator[System]:
    """Start PostgreSQL and `services` (of ALL), keep them running while the block runs, and end them after it.

    Cleans up after an earlier start, avoids ports that are taken, and shows its stages on `console`, in the language of
    `words`. Ctrl-C (as KeyboardInterrupt) and SIGTERM (as SystemExit) end everything just like leaving the block. Raises
    AlreadyRunning when another launcher uses this home, and LaunchFailed when something cannot be started or kept alive.
    """
    settings = settings.model_copy(update={"home": settings.home.resolve()})
    stages = Stages(console, words)
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        stack.enter_context(_locked(settings.home))
        _refuse_full_disk(settings.home)
        stack.enter_context(logs.written_to(lambda: open_log(settings.home, "launcher")))
        last_run = Run.read(settings.home)
        _clean_up(last_run, stages)
        ports = stack.enter_context(claimed_ports(settings))
        _tell_moved_ports(settings, ports, stages)
        run = Run(_this_process(), {}, started_postgres=bool(last_run and last_run.started_postgres))
        supervisor = Supervisor(settings.home, run, interrupts, stages.tell)
        database: Database | None = None
        try:
            with stages.shown("PostgreSQL") as lines:
                database = open_database(settings, last_run)
                run.started_postgres = database.ours_to_stop
                settings = _with_actual(settings, ports, database)
                run.settings = run_file.run_settings(settings)
                run.write(settings.home)
                secrets = secrets_of(settings)
                bring_up_to_date(database, secrets, settings.home)
                lines.done("PostgreSQL")
            interrupts.checkpoint()
            start_services(settings, secrets, database, supervisor, stages, services, extra_dag_folders)
            system = System(settings, secrets, database.server, run)
            supervisor.watch(database.keep_alive, PulseWatch.of(system.packetboat).overdue)
            interrupts.let_through()
            yield system
        except (KeyboardInterrupt, SystemExit):
            if supervisor.failure is not None:
                raise supervisor.failure from None
            raise
        finally:
            interrupts.ignore()
            ending = Sentence("stage_ending")
            with stages.shown(ending) as lines:
                with ExitStack() as last:  # all of them run, in reverse order, even if one fails
                    last.callback(run_file.forget, settings.home)
                    if database is not None:
                        last.callback(database.stop)
                    last.callback(supervisor.end, *END_ORDER)
                lines.done(ending)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Allow one launcher per home. The operating system releases the lock of a killed one."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "run.lock").open("a+")
    except OSError as error:
        raise SettingsError("home_unusable", home=str(home), reason=error.strerror) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning("already_running", home=str(home), holder=_holder(lock)) from None
        with suppress(OSError):  # the number only serves the next launcher's error message
            os.truncate(lock.fileno(), 0)
            os.write(lock.fileno(), str(os.getpid()).encode())
        yield


def _holder(lock: TextIO) -> Sentence:
    """Who holds the lock: usually the process in the file, but an earlier one while a new holder is just starting."""
    lock.seek(0)
    written = lock.read()
    if written.isdigit() and psutil.pid_exists(int(written)):
        return Sentence("holder_process", {"pid": int(written)})
    return Sentence("holder_unknown")


def _refuse_full_disk(home: Path) -> None:
    if room.nothing_left(home):
        raise LaunchFailed("home_without_room", home=str(home), free=room.free(home))


def _clean_up(last_run: Run | None, stages: Stages) -> None:
    """End the processes that a killed launcher left running, and no others."""
    if last_run is None:
        return
    leftovers = [leader for leader in last_run.processes if leader.members()]
    if leftovers:
        stages.tell(Sentence("leftovers_ended", {"services": [leader.name for leader in leftovers]}))
        sessions.end(leftovers, grace_seconds=5)


def _this_process() -> Leader:
    return Leader("launcher", os.getpid(), psutil.Process().create_time())


def _tell_moved_ports(settings: Settings, ports: Ports, stages: Stages) -> None:
    for name, preferred in run_file.ports_of(settings).items():
        actual = getattr(ports, name)
        if actual != preferred:
            stages.tell(Sentence("port_moved", {"wanted": preferred, "service": name, "port": actual}))


def _with_actual(settings: Settings, ports: Ports, database: Database) -> Settings:
    update: dict[str, object] = {
        "portal_port": ports.portal,
        "sandbox_port": ports.sandbox,
        "airflow_port": ports.airflow,
        "public_url": settings.public_url or f"http://{reachable_host(settings)}:{ports.portal}",
        "database_url": SecretStr(database.server_without_password),
    }
    if database.running is not None:
        update["postgres_port"] = database.running.port
    return settings.model_copy(update=update)
