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


def test_airflow_knows_every_option(settings, secrets):
    """Airflow silently ignores a misspelt option, so we compare with its own list."""
    code = "from airflow.configuration import conf; import json; print(json.dumps([*conf.configuration_description.items()]))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "AIRFLOW_HOME": str(settings.home)},
        capture_output=True,
        check=True,
    )
    known_options = {section: body["options"] for section, body in json.loads(result.stdout.splitlines()[-1])}
    ours = [name for name in airflow_environment(settings, secrets) if name != "AIRFLOW_HOME"]
    options = [name.removeprefix("AIRFLOW__").lower().split("__") for name in ours]
    assert [option for section, option in options if option not in known_options[section]] == []


def test_airflow_has_its_own_database_and_role(settings, secrets):
    url = make_url(airflow_environment(settings, secrets)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    assert (url.drivername, url.username, url.database, url.port) == (
        "postgresql+psycopg",
        "airflow",
        "airflow",
        5501,
    )
    assert url.password == secrets["db_airflow"]


def test_extra_dag_folders_become_bundles_beside_ours(settings, secrets):
    variables = airflow_environment(settings, secrets, [Path("/somewhere/dags-of-a-test")])
    bundles = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [(bundle["name"], bundle["kwargs"]["path"]) for bundle in bundles] == [
        ("packetboat", str(PROJECT / "dags")),
        ("extra-dags-of-a-test", "/somewhere/dags-of-a-test"),
    ]


def test_a_child_uses_exactly_the_settings_of_its_parent(settings, monkeypatch):
    chosen = settings.model_copy(
        update={"trusted_proxies": ["10.0.0.7/32"], "accounts": {"mailgun_api_key": SecretStr("key-1")}}
    )
    monkeypatch.setenv("PACKETBOAT_PORTAL_PORT", "1")
    for name, value in settings_environment(chosen).items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == chosen


def test_the_callers_own_airflow_settings_do_not_leak_in(settings):
    inherited = {
        "AIRFLOW_HOME": "/theirs",
        "AIRFLOW__CORE__EXECUTOR": "Theirs",
        "PACKETBOAT_HOST": "::",
        "LANG": "C",
    }
    environment = process_environment(settings, inherited)
    assert environment["LANG"] == "C"
    assert environment["PACKETBOAT_HOST"] == "127.0.0.1"
    assert not [name for name in environment if name.startswith("AIRFLOW")]


def test_a_proxy_is_never_used_for_this_machine(settings):
    environment = process_environment(settings, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intranet"})
    assert environment["NO_PROXY"].split(",") == ["intranet", "127.0.0.1", "127.0.0.1", "localhost"]


def test_telemetry_is_switched_off(settings):
    environment = process_environment(settings, {})
    assert environment["SCARF_ANALYTICS"] == "false"
    assert environment["GX_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_airflows_local_settings_come_first_on_the_path():
    assert (
        with_airflow_config({"PYTHONPATH": "/before"})["PYTHONPATH"] == f"{AIRFLOW_CONFIG}{os.pathsep}/before"
    )
    assert (AIRFLOW_CONFIG / "airflow_local_settings.py").exists()
