"""Airflow's worker killed under a task: the task is tried again soon, and a worker that merely loses its server for a while is not."""

import os
import signal
import tempfile
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from pipelines.launcher.health import answers
from pipelines.launcher.system import running_system
from tests.fixtures_sandbox import eventually
from tests.launcher.launch import settings_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PORT = 16900
PATIENCE = 30  # seconds without a report, with room to spare below the timeout
SLEEPER = """
    import os, time
    from datetime import timedelta
    from pathlib import Path
    from airflow.sdk import dag, get_current_context, task

    @dag(dag_id="sleeper", schedule=None)
    def sleeper():
        @task(pool="dispatch", retries=3, retry_delay=timedelta(seconds=1))
        def sleep():
            attempt = get_current_context()["ti"].try_number
            note = Path(os.environ["PACKETBOAT_HOME"], f"try-{attempt}")
            note.with_suffix(".new").write_text(f"{os.getpid()} {os.getppid()}")
            note.with_suffix(".new").rename(note)
            end = time.monotonic() + 300
            while time.monotonic() < end and not note.with_name("enough").exists():
                time.sleep(0.1)
        sleep()

    sleeper()
"""


@pytest.fixture(scope="module")
def airflow_system(tmp_path_factory):
    """Airflow with a task that sleeps until it is told that it was enough; leaves word of each try in the home."""
    folder = tmp_path_factory.mktemp("sleeper-dags")
    (folder / "sleeper.py").write_text(textwrap.dedent(SLEEPER))
    with tempfile.TemporaryDirectory(prefix="packetboat-killed-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL runs as an account of its own
        settings = settings_for(Path(home), PORT)
        with running_system(settings, services={"airflow"}, extra_dag_folders=[folder]) as system:
            yield system


@pytest.fixture
def tries(airflow_system):
    """Start the task; returns who works at a try: the numbers of its process and of the worker that watches over it."""
    home = airflow_system.settings.home
    for old in (*home.glob("try-*"), *home.glob("enough")):
        old.unlink()
    airflow_system.packetboat.airflow().trigger_run("sleeper", f"run-{time.time()}", {})

    def working_at(attempt, within):
        note = home / f"try-{attempt}"
        eventually(note.exists, within=within)
        return [int(number) for number in note.read_text().split()]

    yield working_at
    (home / "enough").touch()


def test_a_task_whose_worker_is_killed_is_tried_again_within_a_minute_or_so(tries):
    task, worker = tries(1, within=60)
    os.kill(worker, signal.SIGKILL)
    os.kill(task, signal.SIGKILL)
    tries(2, within=120)  # Airflow's own figure is five minutes


def test_a_task_whose_own_process_is_killed_is_tried_again_at_once(tries):
    task, _worker = tries(1, within=60)
    os.kill(task, signal.SIGKILL)
    tries(2, within=60)


def test_a_task_outlives_an_api_server_that_is_started_again(tries, airflow_system):
    """The worker's reports are lost for as long as the server needs to come back: no false alarm."""
    task, _worker = tries(1, within=60)
    (server,) = [leader for leader in airflow_system.processes if leader.name == "airflow api-server"]
    process, killed = psutil.Process(task), time.monotonic()
    for member in server.members():
        member.kill()
    settings = airflow_system.settings
    eventually(lambda: not answers(settings.host, settings.airflow_port, "/execution/health"))
    eventually(lambda: answers(settings.host, settings.airflow_port, "/execution/health"), within=120)
    away = time.monotonic() - killed
    if away > PATIENCE:
        pytest.skip(
            f"This machine took {away:.0f} s for an API server: NOT tested that a task outlives a restart."
        )
    time.sleep(60)
    assert process.is_running()
    assert not (settings.home / "try-2").exists()
