"""The whole of Packetboat, up for as long as a block runs.

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

# The task processes report to the API server while they end, and everybody writes to PostgreSQL to the last.
END_ORDER = (("airflow scheduler", "airflow dag-processor"), (AIRFLOW,), (PORTAL, SANDBOX))


@dataclass(frozen=True)
class System:
    """A running Packetboat. `settings` name the ports and the database as they are; `server` is the superuser's address."""

    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    server: URL = field(repr=False)
    run: Run = field(repr=False)

    @property
    def packetboat(self) -> Packetboat:
        """The same for code that works in this process."""
        return Packetboat(self.settings, self.secrets, self.server)

    @property
    def urls(self) -> dict[str, str]:
        """Where people go: portal, sandbox, airflow."""
        host, ports = reachable_host(self.settings), run_file.ports_of(self.settings)
        return {name: f"http://{host}:{port}" for name, port in ports.items()}

    @property
    def processes(self) -> list[Leader]:
        """The processes that were started and run now, PostgreSQL apart."""
        return list(self.run.processes)

    def database_url(self, role: Role) -> URL:
        """How `role` (owner, app, worker) reaches our database."""
        return role_url(self.server, role, self.secrets)

    def wait(self) -> None:
        """Stay until Ctrl-C, an end signal, or a process that cannot be kept alive."""
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
    """PostgreSQL and `services` (of ALL), started, healthy and watched while the block runs; all ended after it.

    Heals what an earlier start left behind, goes round taken ports, and shows its stages on `console`, in the language of `words`. Ends on Ctrl-C (as
    KeyboardInterrupt) and on SIGTERM (as SystemExit) like on leaving the block. Raises AlreadyRunning when another launcher
    holds this home, and LaunchFailed when something cannot be started or kept alive.
    """
    settings = settings.model_copy(update={"home": settings.home.resolve()})
    stages = Stages(console, words)
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        stack.enter_context(_alone(settings.home))
        _refuse_full_disk(settings.home)
        stack.enter_context(logs.written_to(lambda: open_log(settings.home, "launcher")))
        last_run = Run.read(settings.home)
        _heal(last_run, stages)
        ports = stack.enter_context(claimed_ports(settings))
        _tell_moved_ports(settings, ports, stages)
        run = Run(_this_process(), {}, started_postgres=bool(last_run and last_run.started_postgres))
        supervisor = Supervisor(settings.home, run, interrupts, stages.tell)
        database: Database | None = None
        try:
            with stages.shown("PostgreSQL") as lines:
                database = open_database(settings, last_run)
                run.started_postgres = database.ours_to_stop
                settings = _as_running(settings, ports, database)
                run.settings = run_file.kept_of(settings)
                run.write(settings.home)
                secrets = secrets_of(settings)
                bring_up_to_date(database, secrets)
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
                with (
                    ExitStack() as last
                ):  # each of them happens, the last one first, whatever another one meets
                    last.callback(run_file.forget, settings.home)
                    if database is not None:
                        last.callback(database.stop)
                    last.callback(supervisor.end, *END_ORDER)
                lines.done(ending)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One launcher for a home. The system frees the lock of a killed one."""
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
        with suppress(OSError):  # who it is helps the next one's sentence, and nothing else
            os.truncate(lock.fileno(), 0)
            os.write(lock.fileno(), str(os.getpid()).encode())
        yield


def _holder(lock: TextIO) -> Sentence:
    """Who holds the lock: the number in it is its holder's, or that of an earlier one while a new one is just beginning."""
    lock.seek(0)
    written = lock.read()
    if written.isdigit() and psutil.pid_exists(int(written)):
        return Sentence("holder_process", {"pid": int(written)})
    return Sentence("holder_unknown")


def _refuse_full_disk(home: Path) -> None:
    if room.nothing_left(home):
        raise LaunchFailed("home_without_room", home=str(home), free=room.free(home))


def _heal(last_run: Run | None, stages: Stages) -> None:
    """End what a launcher that was killed left running; nothing but its own."""
    if last_run is None:
        return
    left = [leader for leader in last_run.processes if leader.members()]
    if left:
        stages.tell(Sentence("leftovers_ended", {"services": [leader.name for leader in left]}))
        sessions.end(left, grace_seconds=5)


def _this_process() -> Leader:
    return Leader("launcher", os.getpid(), psutil.Process().create_time())


def _tell_moved_ports(settings: Settings, ports: Ports, stages: Stages) -> None:
    for name, wanted in run_file.ports_of(settings).items():
        found = getattr(ports, name)
        if found != wanted:
            stages.tell(Sentence("port_moved", {"wanted": wanted, "service": name, "port": found}))


def _as_running(settings: Settings, ports: Ports, database: Database) -> Settings:
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
