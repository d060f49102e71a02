"""Starts processes, waits until they work, restarts dead ones, and ends all of them."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import structlog

from pipelines.errors import PacketboatError
from pipelines.language import Sentence, say
from pipelines.launcher import sessions
from pipelines.launcher.child import RECOVERY, Child
from pipelines.launcher.errors import LaunchFailed
from pipelines.launcher.interrupts import Interrupts
from pipelines.launcher.run_file import Run
from pipelines.launcher.services import SCHEDULER, Service
from pipelines.launcher.sessions import Leader
from pipelines.launcher.stalls import Stalls
from pipelines.settings import PROJECT
from pipelines.store import room
from pipelines.store.log_file import cap_logs, log_path, open_log

START_SECONDS = 180
LOOK_EVERY = 0.2  # seconds
END_GRACE = 15  # seconds
HINDERED_PAUSE = 3  # seconds between two attempts while something is in the way
CAP_LOGS_EVERY = 60  # seconds

log = structlog.get_logger()


class Supervisor:
    """The processes of one run, each in its own session, and entered in the run file before anything else happens."""

    def __init__(
        self, home: Path, run: Run, interrupts: Interrupts, tell: Callable[[Sentence], None]
    ) -> None:
        self.home = home
        self.run = run
        self.interrupts = interrupts
        self.tell = tell
        self.failure: LaunchFailed | None = None
        self._children: list[Child] = []
        self._ending = threading.Event()
        self._watcher: threading.Thread | None = None
        self._stalls = Stalls()
        self._idle: Callable[[], bool] = lambda: False
        self._hindered_until = 0.0
        self._hindrance: Sentence | None = None
        self._capped_logs = time.monotonic()
        self._noted = True

    def start(self, service: Service) -> Child:
        """Start a service; `watch` will watch it."""
        child = self.begin(service.name, service.command, service.environment)
        child.service = service
        return child

    def begin(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start a process and enter it in the run file."""
        since = datetime.now(UTC)
        process = self._spawn(name, command, environment)
        child = Child(name, command, environment, process, self._note(name, process), since)
        self._children.append(child)
        return child

    def finish(self, child: Child, errand: Sentence) -> None:
        """Wait for a process that ends by itself. Raises LaunchFailed, with `errand` as its subject, when the exit status is not 0."""
        while child.process.poll() is None:
            self.interrupts.checkpoint()
            time.sleep(LOOK_EVERY / 4)
        self._children.remove(child)
        self._forget(child.leader)
        if child.process.returncode != 0:
            raise LaunchFailed("errand_failed", errand=errand, log=child.leader.log)

    def wait_until_working(self, children: Iterable[Child], working: Callable[[Child], None]) -> None:
        """Wait until every child works, calling `working` once for each. Raises LaunchFailed after three minutes."""
        waiting = list(children)
        deadline = time.monotonic() + START_SECONDS
        while waiting:
            self.interrupts.checkpoint()
            for child in list(waiting):
                assert child.service is not None
                if child.process.poll() is not None:
                    self._restart(child)
                elif child.service.works(child.since):
                    waiting.remove(child)
                    working(child)
            if waiting and time.monotonic() > deadline:
                raise LaunchFailed(
                    "services_not_ready",
                    seconds=START_SECONDS,
                    services=[child.name for child in waiting],
                    log=waiting[0].leader.log,
                )
            time.sleep(LOOK_EVERY)

    def watch(self, also: Callable[[], None], idle: Callable[[], bool] = lambda: False) -> None:
        """From now on restart processes that die, in a separate thread, and call `also` first in every round.

        If `idle` returns True, Airflow's scheduler reports but runs no task: then it is restarted, too. Anything that fails
        in one round, for example because the disk is full, is tried again until it works. Only LaunchFailed ends the run.
        """
        self._idle = idle

        def keep_looking() -> None:
            while not self._ending.wait(HINDERED_PAUSE if self._hindrance else LOOK_EVERY):
                try:
                    self._look(also)
                except LaunchFailed as failure:
                    self.failure = failure
                    log.warning("service_given_up", sentence=str(failure))
                    self.interrupts.end_main()
                    return
                except Exception as error:  # noqa: BLE001 - if the watcher dies, nothing is watched any more
                    self._note_hindrance(error)

        self._watcher = threading.Thread(target=keep_looking, name="supervisor", daemon=True)
        self._watcher.start()

    def _look(self, also: Callable[[], None]) -> None:
        also()
        stalled = self._stalls.stalled((child.leader.pid, child.service) for child in self._children)
        for child in list(self._children):
            if child.leader.pid in stalled or (child.name == SCHEDULER and self._idle()):
                self._end_stalled(child)
            if child.process.poll() is not None:
                self._restart(child)
        if not self._noted:
            self._write_run()
        if time.monotonic() > self._capped_logs + CAP_LOGS_EVERY:
            self._capped_logs = time.monotonic()
            cap_logs(self.home)
        if self._hindrance:
            self._hindrance = None
            log.info("watching_resumed")
            self.tell(Sentence("watching_resumed"))

    def _note_hindrance(self, error: Exception) -> None:
        self._hindered_until = time.monotonic() + RECOVERY
        why = error.sentence if isinstance(error, PacketboatError) else f"{type(error).__name__}."
        if room.nothing_left(self.home):
            why = Sentence("home_full", {"home": str(self.home), "why": why})
        sentence = Sentence("watching_hindered", {"why": why, "seconds": HINDERED_PAUSE})
        if sentence != self._hindrance:
            self._hindrance = sentence
            log.warning("watching_hindered", sentence=say(sentence))
            self.tell(sentence)

    def end(self, *orders: Sequence[str]) -> None:
        """End everything: for each of `orders` the children whose names start that way, then all others."""
        self._ending.set()
        if self._watcher:
            self._watcher.join()
        for names in (*orders, ("",)):
            group = [child for child in self._children if child.name.startswith(tuple(names))]
            sessions.end([child.leader for child in group], END_GRACE)
            for child in group:
                child.process.wait()
                self._children.remove(child)
                self._forget(child.leader)

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        if now < self._hindered_until or room.nothing_left(self.home):
            if datetime.now(UTC) - child.since < timedelta(seconds=HINDERED_PAUSE):
                return  # the cause affects all services: no reason to give up, but also none to hurry
        else:
            child.count_restart(now)
        code = child.process.returncode
        log.warning("service_restarted", service=child.name, exit_code=code)
        params = {"service": child.name, "status": code, "log": child.leader.log}
        self.tell(Sentence("service_restarted", params))
        sessions.end([child.leader], END_GRACE)  # its descendants would still occupy the port
        child.since = datetime.now(UTC)
        child.process = self._spawn(child.name, child.command, child.environment)
        self._forget(child.leader)
        child.leader = self._note(child.name, child.process)

    def _end_stalled(self, child: Child) -> None:
        log.warning("service_stalled", service=child.name)
        self.tell(Sentence("service_stalled", {"service": child.name, "log": child.leader.log}))
        sessions.end([child.leader], END_GRACE)
        child.process.wait()

    def _spawn(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with open_log(self.home, name) as output:
            return subprocess.Popen(
                command,
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _note(self, name: str, process: subprocess.Popen[bytes]) -> Leader:
        created = psutil.Process(process.pid).create_time()
        leader = Leader(name, process.pid, created, str(log_path(self.home, name)))
        self.run.processes.append(leader)
        self._write_run()
        return leader

    def _forget(self, leader: Leader) -> None:
        self.run.processes.remove(leader)
        self._write_run()

    def _write_run(self) -> None:
        """Write the run file; if the disk is full, a later round writes it."""
        try:
            self.run.write(self.home)
            self._noted = True
        except OSError:
            self._noted = False
