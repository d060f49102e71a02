"""A scheduler that reports and starts no task is told from one that has nothing to do, or whose machine slept."""

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
    """A clock that a test puts forward, and the errands that are run in it."""

    def __init__(self, monkeypatch):
        self.now, self.newest, self.paused = 1000.0, NOON, False
        monkeypatch.setattr(pulse_watch, "time", self)
        self.watch = PulseWatch(
            lambda: self.newest() if callable(self.newest) else self.newest, lambda: self.paused
        )

    def monotonic(self):
        return self.now

    def minutes(self, count, *, errands=False):
        """How often it was found overdue meanwhile."""
        found = 0
        for _ in range(int(count * 60 / LOOK_EVERY)):
            self.now += LOOK_EVERY + 0.1
            if errands:
                self.newest += timedelta(seconds=LOOK_EVERY)
            found += self.watch.overdue()
        return found


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_as_long_as_errands_are_run_nothing_is_overdue(world):
    assert world.minutes(60, errands=True) == 0


def test_errands_that_stay_out_are_found_once_and_the_new_scheduler_gets_as_long(world):
    world.minutes(5, errands=True)
    assert world.minutes(OVERDUE / 60 - 1) == 0
    assert world.minutes(2) == 1
    assert world.minutes(OVERDUE / 60 - 2) == 0
    assert world.minutes(OVERDUE / 60) == 1


def test_a_dag_that_is_paused_is_somebodys_wish(world):
    world.paused = True
    assert world.minutes(60) == 0


def test_a_database_that_is_away_says_nothing(world):
    def away():
        raise OperationalError("", {}, Exception())

    world.newest = away
    assert world.minutes(60) == 0


def test_a_machine_that_slept_is_given_its_time(world):
    """The steady clock stands still meanwhile, and what it says is counted, not the hour on the errand."""
    world.minutes(5, errands=True)
    assert world.minutes(OVERDUE / 60 - 1) == 0, "the errands of yesterday are the newest after the wake-up"
    assert world.minutes(5, errands=True) == 0


def test_the_scheduler_is_started_again_and_nobody_else(tmp_path):
    told, sleep = [], (sys.executable, "-c", "import time; time.sleep(60)")
    idle = iter([False, True])
    with Interrupts() as interrupts:
        run = run_file.Run(run_file.Leader("launcher", 0, 0.0), {}, started_postgres=False)
        supervisor = Supervisor(tmp_path, run, interrupts, told.append)
        scheduler, other = (
            supervisor.start(Service(name, sleep, lambda _: True, {})) for name in (SCHEDULER, "portal")
        )
        before = (scheduler.process.pid, other.process.pid)
        supervisor.watch(lambda: None, lambda: next(idle, False))
        try:
            eventually(lambda: scheduler.process.pid != before[0], within=30)
            time.sleep(0.5)
            assert other.process.pid == before[1]
            assert any("is running but does nothing" in say(line) for line in told)
        finally:
            interrupts.ignore()
            supervisor.end()
