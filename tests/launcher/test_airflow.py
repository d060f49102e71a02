"""Real Airflow under the launcher: tables, pools, users, and a task in a fork with everything imported."""

import json
import os
import signal
import textwrap
import time
from http.client import HTTPConnection

import psutil
import psycopg
import pytest

from pipelines.launcher.system import running_system
from pipelines.store.postgres import EmbeddedPostgres
from tests.launcher.launch import settings_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PORT = 16400
WITNESS = """
    import os, sys
    from airflow.sdk import dag, task

    @dag(dag_id="witness", schedule=None)
    def witness():
        @task(pool="prepare")
        def look():
            return {
                "loaded": [name for name in ("great_expectations", "psycopg", "pipelines.errands") if name in sys.modules],
                "home": os.environ["PACKETBOAT_HOME"],
            }
        look()

    witness()
"""


class Airflow:
    """The REST API as the portal uses it."""

    def __init__(self, settings, secrets):
        self.address = (settings.host, settings.airflow_port)
        self.token = None
        login = {"username": "packetboat", "password": secrets["airflow_service_password"]}
        self.token = self("POST", "/auth/token", login)["access_token"]

    def __call__(self, method, path, payload=None):
        connection = HTTPConnection(*self.address, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, json.dumps(payload) if payload is not None else None, headers)
        response = connection.getresponse()
        body = json.loads(response.read() or b"{}")
        connection.close()
        assert response.status < 300, body
        return body


@pytest.fixture
def dag_folder(tmp_path):
    folder = tmp_path / "witness-dags"
    folder.mkdir()
    (folder / "witness.py").write_text(textwrap.dedent(WITNESS))
    return folder


def run_witness(airflow):
    run = airflow("POST", "/api/v2/dags/witness/dagRuns", {"logical_date": None})["dag_run_id"]
    path = f"/api/v2/dags/witness/dagRuns/{run}"
    end = time.monotonic() + 120
    while (state := airflow("GET", path)["state"]) not in {"success", "failed"}:
        assert time.monotonic() < end, f"the run is still {state}"
        time.sleep(0.2)
    assert state == "success"
    value = airflow("GET", f"{path}/taskInstances/look/xcomEntries/return_value?deserialize=true")["value"]
    return value if isinstance(value, dict) else json.loads(value)


def test_airflow_starts_runs_a_task_and_leaves_no_process(postgres_home, dag_folder):
    settings = settings_for(postgres_home, PORT)
    with running_system(settings, services={"airflow"}, extra_dag_folders=[dag_folder]) as system:
        airflow = Airflow(system.settings, system.secrets)
        family = [psutil.Process(leader.pid) for leader in system.processes]
        family += [child for leader in family for child in leader.children(recursive=True)]
        pools = {pool["name"]: pool["slots"] for pool in airflow("GET", "/api/v2/pools")["pools"]}
        assert {"prepare", "dispatch"} <= pools.keys()
        assert {dag["dag_id"] for dag in airflow("GET", "/api/v2/dags")["dags"]} >= {
            "packet",
            "pulse",
            "witness",
        }
        assert airflow("GET", "/api/v2/importErrors")["total_entries"] == 0
        assert run_witness(airflow) == {
            "loaded": ["great_expectations", "psycopg", "pipelines.errands"],
            "home": str(settings.home),
        }
    _gone, alive = psutil.wait_procs(family, timeout=3)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_second_start_is_quick_after_everything_was_killed(launch, postgres_home):
    """The tables are not created again, the orphans of the killed run are gone, and the start waits for the new scheduler."""
    killed = launch("airflow", PORT)
    for process in [killed.process, *killed.family]:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    killed.process.wait()
    log_sizes = {
        name: (postgres_home / "logs" / f"airflow-{name}.log").stat().st_size
        for name in ("db", "pools", "dags")
    }
    again = launch("airflow", PORT)
    assert killed.survivors() == []
    assert {
        name: (postgres_home / "logs" / f"airflow-{name}.log").stat().st_size for name in log_sizes
    } == log_sizes
    with psycopg.connect(_airflow_dsn(postgres_home)) as connection:
        alive = "select count(*) from job where job_type = 'SchedulerJob' and state = 'running' and latest_heartbeat > now() - interval '15 s'"
        assert connection.execute(alive).fetchone()[0] >= 1
    again.end(signal.SIGINT)
    assert again.survivors() == []


def _airflow_dsn(home):
    return EmbeddedPostgres(home).running().dsn("airflow")
