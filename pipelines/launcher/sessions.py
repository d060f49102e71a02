"""A child process and its descendants, identified by pid, start time and session, and ended without touching other processes.

Each child leads its own session. Its descendants stay in that session even if they change their name or process group, or
lose their parent, and the system does not reuse the session's number while one of them is alive.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

# A dead leader's number may have gone to another process that died, too. These names tell its descendants from ours.
OURS = ("airflow", "pipelines.", "webapp.", "python")
SAME_START = 0.05  # seconds: the precision of a process's start time


@dataclass(frozen=True)
class Leader:
    """The first process of a session: `created` is its start in seconds since 1970."""

    name: str
    pid: int
    created: float
    log: str = ""

    def alive(self) -> bool:
        """Whether this process still runs, and not another one with the same number."""
        try:
            process = psutil.Process(self.pid)
            return bool(
                abs(process.create_time() - self.created) < SAME_START
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    def members(self) -> list[psutil.Process]:
        """All live processes of its session, even if the leader itself is gone."""
        if psutil.pid_exists(self.pid) and not self._same_or_zombie():
            return []
        return [process for process in psutil.process_iter() if self._led(process)]

    def _same_or_zombie(self) -> bool:
        try:
            return bool(abs(psutil.Process(self.pid).create_time() - self.created) < SAME_START)
        except psutil.Error:
            return True

    def _led(self, process: psutil.Process) -> bool:
        try:
            return (
                os.getsid(process.pid) == self.pid
                and process.status() != psutil.STATUS_ZOMBIE
                and any(word in " ".join(process.cmdline()) for word in OURS)
            )
        except (psutil.Error, OSError):
            return False


def end(leaders: Sequence[Leader], grace_seconds: float) -> None:
    """Ask each session to end; after the grace period, kill what is left of it.

    The leader's own children are asked, too: Airflow's scheduler waits for its running tasks, and a worker passes the
    request on to the task, which then records its end before it exits.
    """
    for leader in leaders:
        for process in _leader_and_children(leader):
            _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while any(leader.members() for leader in leaders) and time.monotonic() < deadline:
        time.sleep(0.1)
    for leader in leaders:
        for process in leader.members():
            _signal(process, signal.SIGKILL)


def _leader_and_children(leader: Leader) -> list[psutil.Process]:
    if not leader.alive():
        return leader.members()
    process = psutil.Process(leader.pid)
    try:
        return [process, *process.children()]
    except psutil.Error:
        return [process]


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return
