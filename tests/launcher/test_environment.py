import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from pipelines.launcher.environment import (
    AIRFLOW_CONFIG,
    airflow_environment,
    process_environment,
    settings_environment,
    with_airflow_config,
)
from pipelines.settings import PROJECT, Settings
from pipelines.store.secrets import load_or_create

SERVER = "postgresql+psycopg://127.0.0.1:5501/postgres"


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, home=tmp_path, airflow_port=8123, database_url=SecretStr(SERVER))


@pytest.fixture
def secrets(tmp_path):
    return load_or_create(tmp_path)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("CORE__EXECUTOR", "LocalExecutor"),
        ("CORE__PARALLELISM", "4"),
        ("CORE__LOAD_EXAMPLES", "False"),
        ("CORE__DAGS_ARE_PAUSED_AT_CREATION", "False"),
        ("CORE__SIMPLE_AUTH_MANAGER_USERS", "ops:admin,packetboat:op"),
        ("CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:8123/execution/"),
        ("API__WORKERS", "1"),
        ("SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME", "0.1"),
        ("WORKERS__MIN_HEARTBEAT_INTERVAL", "1"),
        ("WORKERS__EXECUTION_API_TIMEOUT", "30"),
    ],
)
def test_airflow_is_tuned_for_short_hops_on_one_machine(settings, secrets, option, value):
    assert airflow_environment(settings, secrets)[f"AIRFLOW__{option}"] == value


def test_every_option_is_one_that_airflow_knows(settings, secrets):
    """A misspelt option is silently ignored by Airflow, so its own list decides."""
    ask = "from airflow.configuration import conf; import json; print(json.dumps([*conf.configuration_description.items()]))"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "AIRFLOW_HOME": str(settings.home)},
        capture_output=True,
        check=True,
    )
    known = {section: body["options"] for section, body in json.loads(done.stdout.splitlines()[-1])}
    ours = [name for name in airflow_environment(settings, secrets) if name != "AIRFLOW_HOME"]
    options = [name.removeprefix("AIRFLOW__").lower().split("__") for name in ours]
    assert [option for section, option in options if option not in known[section]] == []


def test_airflow_has_its_own_database_and_role(settings, secrets):
    url = make_url(airflow_environment(settings, secrets)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    assert (url.drivername, url.username, url.database, url.port) == (
        "postgresql+psycopg",
        "airflow",
        "airflow",
        5501,
    )
    assert url.password == secrets["db_airflow"]


def test_more_dag_folders_become_bundles_beside_ours(settings, secrets):
    variables = airflow_environment(settings, secrets, [Path("/somewhere/dags-of-a-test")])
    bundles = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [(bundle["name"], bundle["kwargs"]["path"]) for bundle in bundles] == [
        ("packetboat", str(PROJECT / "dags")),
        ("extra-dags-of-a-test", "/somewhere/dags-of-a-test"),
    ]


def test_a_child_works_with_exactly_the_settings_of_its_parent(settings, monkeypatch):
    chosen = settings.model_copy(
        update={"trusted_proxies": ["10.0.0.7/32"], "accounts": {"mailgun_api_key": SecretStr("key-1")}}
    )
    monkeypatch.setenv("PACKETBOAT_PORTAL_PORT", "1")
    for name, value in settings_environment(chosen).items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == chosen


def test_another_airflow_of_the_caller_does_not_leak_in(settings):
    callers = {
        "AIRFLOW_HOME": "/theirs",
        "AIRFLOW__CORE__EXECUTOR": "Theirs",
        "PACKETBOAT_HOST": "::",
        "LANG": "C",
    }
    made = process_environment(settings, callers)
    assert made["LANG"] == "C"
    assert made["PACKETBOAT_HOST"] == "127.0.0.1"
    assert not [name for name in made if name.startswith("AIRFLOW")]


def test_a_proxy_is_never_asked_for_this_machine(settings):
    made = process_environment(settings, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intranet"})
    assert made["NO_PROXY"].split(",") == ["intranet", "127.0.0.1", "127.0.0.1", "localhost"]


def test_nobody_is_called_home(settings):
    made = process_environment(settings, {})
    assert made["SCARF_ANALYTICS"] == "false"
    assert made["GX_ANALYTICS_ENABLED"] == "false"
    assert made["DO_NOT_TRACK"] == "1"


def test_airflows_local_settings_are_found_first():
    assert (
        with_airflow_config({"PYTHONPATH": "/before"})["PYTHONPATH"] == f"{AIRFLOW_CONFIG}{os.pathsep}/before"
    )
    assert (AIRFLOW_CONFIG / "airflow_local_settings.py").exists()
