"""A child process and everything it started, found again by pid, start time and session; ended without hurting strangers.

Each child leads a session of its own. Its descendants stay in that session even when they change their name, their
process group or lose their parent, and the system does not give the session's number away while one of them lives.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

# Should a dead leader's number have gone to a stranger who died as well: what is left of that one is not ours by name.
OURS = ("airflow", "pipelines.", "webapp.", "python")
SAME_START = 0.05  # seconds: how precisely the system tells when a process began


@dataclass(frozen=True)
class Leader:
    """The first process of a session: `created` is its start in seconds since 1970."""

    name: str
    pid: int
    created: float
    log: str = ""

    def alive(self) -> bool:
        """Whether this very process runs, and not another one that was given its number."""
        try:
            process = psutil.Process(self.pid)
            return bool(
                abs(process.create_time() - self.created) < SAME_START
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    def members(self) -> list[psutil.Process]:
        """Everything that lives in its session, also when the leader itself is gone."""
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
    """Ask each session to end; after the grace, kill what is left of it.

    The leader's own children are asked as well: Airflow's scheduler waits for its running tasks, and a worker passes the
    request on to the task, which then leaves word before it goes.
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
