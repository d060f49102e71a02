"""The compose file mirrors the launcher: every command, setting and path in it exists in the project."""

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec

import pytest
import yaml
from airflow.configuration import conf

from pipelines.launcher.environment import AIRFLOW_CONFIG, QUIET, airflow_environment
from pipelines.launcher.pools import PREPARE_SLOTS
from pipelines.launcher.services import airflow_command, portal_service, sandbox_service
from pipelines.settings import PROJECT, Settings
from pipelines.store.secrets import MAKERS

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def environment():
    merged = {}
    for service in OURS.values():
        merged |= service["environment"]
    return merged


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name):
    words = shlex.split(SERVICES[name]["command"])
    if words[0] == "packetboat":
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *words[1:], "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0
    else:
        assert words[:2] == ["python", "-m"]
        assert find_spec(words[2]), words[2]


def test_it_starts_what_the_launcher_starts(tmp_path):
    settings = Settings(home=tmp_path)
    portal = list(portal_service(settings, {}).command)[1:]
    assert SERVICES["portal"]["command"].split()[1:4] == portal[:3]
    assert sandbox_service(settings, {}).command[1:3] == tuple(SERVICES["sandbox"]["command"].split()[1:3])
    for part in ("api-server", "scheduler", "dag-processor"):
        assert SERVICES[f"airflow-{part}"]["command"].split()[1:4] == list(airflow_command(part)[1:4])


def test_what_is_set_in_dotenv_reaches_every_container_and_the_rest_stays_as_it_is():
    """Provider credentials come from there; docker compose lets `environment` win over `env_file`."""
    for service in OURS.values():
        assert service["env_file"] == [{"path": ".env", "required": False}]
    assert environment()["PACKETBOAT_PUBLIC_URL"] == "${PACKETBOAT_PUBLIC_URL:-http://portal:8070}"
    kept = {"PACKETBOAT_HOME", "PACKETBOAT_HOST", "PACKETBOAT_SANDBOX_HOST", "PACKETBOAT_SANDBOX_PORT"}
    assert kept <= environment().keys()


def test_every_packetboat_setting_exists():
    known = {f"PACKETBOAT_{field.upper()}" for field in Settings.model_fields}
    assert {name for name in environment() if name.startswith("PACKETBOAT_")} <= known


def test_every_airflow_setting_exists_and_agrees_with_the_launcher(tmp_path):
    launcher = airflow_environment(
        Settings(home=tmp_path, database_url="postgresql+psycopg://x@localhost/x"), dict.fromkeys(MAKERS, "x")
    )
    options = {name: value for name, value in environment().items() if name.startswith("AIRFLOW__")}
    for name, value in options.items():
        _, section, option = name.lower().removesuffix("_cmd").split("__")
        if (
            section != "celery"
        ):  # Celery's options come with its provider, which is not in the default install
            assert option in conf.configuration_description[section]["options"], name
        if name.endswith("_CMD"):
            assert (section, option) in conf.sensitive_config_values, name
        if (
            option == "parallelism"
        ):  # a channel that is added may bring more lanes; here they then wait for each other
            assert PREPARE_SLOTS < int(value) <= int(launcher[name])
        elif section in {"scheduler", "workers"} or option == "load_examples":
            assert str(value) == launcher[name], name


def test_telemetry_is_off_and_tasks_find_the_preloaded_modules():
    assert QUIET.items() <= environment().items()
    image_home = "/opt/packetboat"
    assert environment()["PYTHONPATH"] == f"{image_home}/{AIRFLOW_CONFIG.relative_to(PROJECT)}"


def test_public_urls_use_published_ports():
    for service, port in (("portal", 8070), ("airflow-api-server", 8072)):
        assert f"127.0.0.1:{port}:{port}" in SERVICES[service]["ports"]
    assert environment()["PACKETBOAT_PORTAL_PUBLIC_URL"] == "http://localhost:8070"
    assert environment()["PACKETBOAT_AIRFLOW_PUBLIC_URL"] == "http://localhost:8072"


def test_every_requested_secret_exists():
    for value in environment().values():
        if match := re.fullmatch(r"packetboat db secret (\w+)", str(value)):
            assert match[1] in {*MAKERS, "airflow_url"}


def test_every_path_is_in_the_image_and_comes_from_the_project():
    for source in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, flags=re.MULTILINE):
        for path in source.split():
            assert (PROJECT / path).exists(), path
    for folder in ("dags", "plugins"):
        assert environment()[f"AIRFLOW__CORE__{folder.upper()}_FOLDER"] == f"/opt/packetboat/{folder}"
        assert f"COPY {folder} {folder}" in DOCKERFILE


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_existing_healthy_services(name):
    service = SERVICES[name]
    for other, rule in service.get("depends_on", {}).items():
        assert other in SERVICES
        assert rule["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        assert volume.split(":")[0] in COMPOSE["volumes"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")
