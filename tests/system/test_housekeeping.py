"""Housekeeping on real Airflow: every task succeeds, old runs of errands are deleted with their logs, newer ones are kept."""

import os
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from tests.fixtures_sandbox import eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

OLD = "select count(*) from log where dag_id = 'pulse' and dttm < now() - interval '2 days'"


@pytest.fixture
def airflow(system):
    return system.packetboat.airflow()


@pytest.fixture
def airflow_database(system):
    address = make_url(system.server).set(drivername="postgresql", database="airflow")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def run_and_wait(airflow, dag, run_id, **more):
    """Start a run, wait until it has ended, and return its state."""
    body = {"dag_run_id": run_id, "logical_date": None} | more
    airflow._call("POST", f"/dags/{dag}/dagRuns", body)
    eventually(lambda: airflow.run_state(dag, run_id) in {"success", "failed"}, within=240)
    return airflow.run_state(dag, run_id)


def test_only_old_runs_of_errands_are_deleted_with_their_logs(system, airflow, airflow_database):
    stamp = int(time.time())
    old, young = f"old-{stamp}", f"young-{stamp}"
    long_ago = (datetime.now(UTC) - timedelta(days=5)).isoformat()
    assert run_and_wait(airflow, "pulse", old, run_after=long_ago) == "success"
    assert run_and_wait(airflow, "pulse", young) == "success"
    logs = system.settings.home / "logs" / "tasks" / "dag_id=pulse"
    moment = time.time() - 5 * 24 * 3600
    for path in (logs / f"run_id={old}", *(logs / f"run_id={old}").rglob("*")):
        os.utime(path, (moment, moment))
    age = "update log set dttm = dttm - interval '5 days' where dag_id = 'pulse' and run_id = %s"
    airflow_database.execute(age, [old])
    assert airflow_database.execute(OLD).fetchone()[0] > 0

    assert run_and_wait(airflow, "housekeeping", f"sweep-{stamp}") == "success"

    tasks = airflow.task_instances("housekeeping", f"sweep-{stamp}")
    assert {task.state for task in tasks} == {"success"}
    assert airflow.run_state("pulse", old) is None
    assert not (logs / f"run_id={old}").exists()
    assert airflow_database.execute(OLD).fetchone()[0] == 0
    assert airflow.run_state("pulse", young) == "success"
    assert (logs / f"run_id={young}").exists()
