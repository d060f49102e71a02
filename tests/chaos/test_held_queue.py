"""A worker of Airflow that is killed while it waits for work keeps the lock of the queue: the launcher notices and starts the scheduler again."""

import tempfile
import time
from pathlib import Path

import psutil
import pytest

from pipelines.launcher import pulse_watch
from pipelines.launcher.system import running_system
from pipelines.store.sqlfile import sql
from tests.fixtures_sandbox import eventually
from tests.launcher.launch import settings_for

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(900)]

PORT = 17100
OVERDUE = 100  # seconds, in place of six minutes


@pytest.fixture
def airflow_system(monkeypatch):
    monkeypatch.setattr(pulse_watch, "OVERDUE", OVERDUE)
    with tempfile.TemporaryDirectory(prefix="packetboat-queue-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL runs as an account of its own
        with running_system(settings_for(Path(home), PORT), services={"airflow"}) as system:
            yield system


def scheduler_of(system):
    (leader,) = [leader for leader in system.processes if leader.name == "airflow scheduler"]
    return leader


def waits_for_the_queue(process):
    """Whether it is the one worker that reads from the queue; the others wait for its lock."""
    return "pipe" in Path(f"/proc/{process.pid}/wchan").read_text()


def newest(system):
    with system.packetboat.engine("worker").connect() as connection:
        return connection.execute(sql("errands/newest")).one().begun_at


def test_a_lock_that_a_dead_worker_holds_is_released(airflow_system):
    eventually(lambda: newest(airflow_system), within=180)
    scheduler = scheduler_of(airflow_system)
    time.sleep(10)  # the round of errands ends, and all workers wait
    readers = [
        child
        for child in psutil.Process(scheduler.pid).children(recursive=True)
        if waits_for_the_queue(child)
    ]
    assert readers, "nobody waits for work: nothing is reproduced"
    for reader in readers:
        reader.kill()
    killed = newest(airflow_system)
    eventually(lambda: scheduler_of(airflow_system).pid != scheduler.pid, within=OVERDUE + 120)
    assert newest(airflow_system) == killed, "errands were run all the same: the lock was not held"
    eventually(lambda: newest(airflow_system) != killed, within=180)
