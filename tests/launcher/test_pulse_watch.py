"""A scheduler that reports but starts no task is distinguished from one with nothing to do, or whose machine slept."""

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from pipelines.language import say
from pipelines.launcher import pulse_watch, run_file
from pipelines.launcher.interrupts import Interrupts
from pipelines.launcher.pulse_watch import LOOK_EVERY, OVERDUE, PulseWatch
from pipelines.launcher.services import SCHEDULER, Service
from pipelines.launcher.supervisor import Supervisor
from tests.fixtures_sandbox import eventually

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class World:
    """A clock that a test moves forward, and the errands that run meanwhile."""

    def __init__(self, monkeypatch):
        self.now, self.newest, self.paused = 1000.0, NOON, False
        monkeypatch.setattr(pulse_watch, "time", self)
        self.watch = PulseWatch(
            lambda: self.newest() if callable(self.newest) else self.newest, lambda: self.paused
        )

    def monotonic(self):
        return self.now

    def minutes(self, count, *, errands=False):
        """How many times the errands were overdue meanwhile."""
        times = 0
        for _ in range(int(count * 60 / LOOK_EVERY)):
            self.now += LOOK_EVERY + 0.1
            if errands:
                self.newest += timedelta(seconds=LOOK_EVERY)
            times += self.watch.overdue()
        return times


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_nothing_is_overdue_while_errands_run(world):
    assert world.minutes(60, errands=True) == 0


def test_missing_errands_are_reported_once_and_the_new_scheduler_gets_the_same_time(world):
    world.minutes(5, errands=True)
    assert world.minutes(OVERDUE / 60 - 1) == 0
    assert world.minutes(2) == 1
    assert world.minutes(OVERDUE / 60 - 2) == 0
    assert world.minutes(OVERDUE / 60) == 1


def test_a_paused_dag_is_intentional(world):
    world.paused = True
    assert world.minutes(60) == 0


def test_nothing_is_overdue_while_the_database_is_unavailable(world):
    def unavailable():
        raise OperationalError("", {}, Exception())

    world.newest = unavailable
    assert world.minutes(60) == 0


def test_a_machine_that_slept_gets_its_time(world):
    """The monotonic clock stops meanwhile, and it counts, not the time stamp of the errand."""
    world.minutes(5, errands=True)
    assert world.minutes(OVERDUE / 60 - 1) == 0, "the errands of yesterday are the newest after the wake-up"
    assert world.minutes(5, errands=True) == 0


def test_only_the_scheduler_is_restarted(tmp_path):
    sentences, sleep = [], (sys.executable, "-c", "import time; time.sleep(60)")
    idle = iter([False, True])
    with Interrupts() as interrupts:
        run = run_file.Run(run_file.Leader("launcher", 0, 0.0), {}, started_postgres=False)
        supervisor = Supervisor(tmp_path, run, interrupts, sentences.append)
        scheduler, other = (
            supervisor.start(Service(name, sleep, lambda _: True, {})) for name in (SCHEDULER, "portal")
        )
        before = (scheduler.process.pid, other.process.pid)
        supervisor.watch(lambda: None, lambda: next(idle, False))
        try:
            eventually(lambda: scheduler.process.pid != before[0], within=60)
            time.sleep(0.5)
            assert other.process.pid == before[1]
            assert any("is running but does nothing" in say(sentence) for sentence in sentences)
        finally:
            interrupts.ignore()
            supervisor.end()
