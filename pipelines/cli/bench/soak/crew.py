"""The processes of a soak, in place of Airflow and the launcher: each is started again as soon as it has ended or was killed."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import Any, Self

from pipelines.launcher.environment import process_environment
from pipelines.launcher.health import answers
from pipelines.launcher.system import System
from pipelines.settings import PROJECT
from pipelines.store.log_file import open_log

LOOK_EVERY = 0.05  # seconds
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pipelines.cli.bench.soak.work"])


class Member(ABC):
    """A process of ours that may be killed at any moment."""

    kind: str
    _killed = False

    def begin(self) -> None:
        """Start the process."""
        self._killed = False
        self._start()

    @abstractmethod
    def _start(self) -> None:
        """Start the process."""

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The process, if it is running."""

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """How the process ended: minus the signal that killed it. None if it is running, or was never started."""

    @property
    def crashed(self) -> bool:
        """Whether the process has ended other than by `kill`. None of them ever ends by itself."""
        return self.exit_code is not None and not (self._killed and self.exit_code == -signal.SIGKILL)

    def kill(self) -> bool:
        """Kill -9. Returns whether there was a process to kill."""
        pid = self.pid
        if pid is None:
            return False
        self._killed = True
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            self.wait()

    @abstractmethod
    def wait(self) -> None:
        """Wait until the process has ended."""


class Forked(Member):
    """A function in a process of its own, forked from one that has imported everything, like a task of Airflow's LocalExecutor."""

    def __init__(self, kind: str, work: Callable[..., None], arguments: Sequence[Any]) -> None:
        self.kind, self._work, self._arguments = kind, work, arguments
        self._process: BaseProcess | None = None

    def _start(self) -> None:
        self._process = FORKS.Process(target=self._work, args=self._arguments, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.is_alive() else None

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode if self._process is not None else None

    def stop(self) -> None:
        """Kill it: a lane that is asked to end would only end its run, and begin the next one."""
        self.kill()
        self.wait()

    def wait(self) -> None:
        if self._process is not None:
            self._process.join(60)


class Portal(Member):
    """The portal, which takes in the callbacks."""

    kind = "portal"

    def __init__(self, system: System) -> None:
        self._settings = system.settings
        self._environment: Mapping[str, str] = process_environment(system.settings)
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self) -> None:
        self._process = self._run("webapp.front", "--host", self._settings.host)

    def prepare(self) -> None:
        """Create the portal's tables, start it, and wait until it answers."""
        if self._run("webapp.upgrade").wait() != 0:
            raise SystemExit("The portal's tables could not be created.")
        self.begin()
        while not answers(self._settings.host, self._settings.portal_port, "/healthz"):
            time.sleep(LOOK_EVERY)

    @property
    def pid(self) -> int | None:
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process is not None else None

    def wait(self) -> None:
        if self._process is not None:
            self._process.wait(60)

    def _run(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with open_log(self._settings.home, "portal") as output:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=PROJECT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


class Crew:
    """All members. While the block runs, whoever has ended is started again.

    `killed` and `crashed` count by the kind of member who was killed here, and who ended in another way.
    """

    def __init__(self, members: Sequence[Member], dice: random.Random) -> None:
        self.members, self._dice = members, dice
        self.killed: Counter[str] = Counter()
        self.crashed: Counter[str] = Counter()
        self._looking = threading.Lock()  # the code with which a forked process ended can be read only once
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._keep, name="crew", daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._watcher.join()
        for member in self.members:
            self.crashed[member.kind] += member.crashed
            member.stop()

    def kill_one(self) -> None:
        """Kill one running member at random, and count it. Waits until there is one."""
        while True:
            member = self._dice.choice(self.members)
            with self._looking:
                killed = member.kill()
            if killed:
                self.killed[member.kind] += 1
                return
            time.sleep(LOOK_EVERY)

    def _keep(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            with self._looking:
                for member in self.members:
                    if member.pid is None:
                        self.crashed[member.kind] += member.crashed
                        member.begin()
