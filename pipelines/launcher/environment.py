"""The environment that Packetboat's processes are started with. Pure functions of the settings and the secrets."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import URL, make_url

from pipelines.launcher.pools import parallelism
from pipelines.launcher.ports import reachable_host
from pipelines.settings import PROJECT, Settings, variable
from pipelines.store.engine import airflow_url

AIRFLOW_CONFIG = Path(__file__).parent / "airflow_config"
SIMPLE_AUTH = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
LOCAL_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
# The users of Airflow and their roles: the operator's staff, and the portal itself.
AIRFLOW_USERS = {"ops": "admin", "packetboat": "op"}
QUIET = {
    "DO_NOT_TRACK": "1",
    "SCARF_ANALYTICS": "false",
    "SCARF_NO_ANALYTICS": "true",
    "GX_ANALYTICS_ENABLED": "false",
}


def process_environment(settings: Settings, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of all our processes: the caller's, without the settings of any other Airflow, plus our own."""
    kept = {
        name: value for name, value in inherited.items() if not name.startswith(("AIRFLOW", "PACKETBOAT_"))
    }
    path = os.pathsep.join(filter(None, [str(PROJECT), kept.get("PYTHONPATH")]))
    # A company's proxy cannot reach this machine's own services.
    loopback = ",".join(filter(None, [kept.get("NO_PROXY"), settings.host, "127.0.0.1", "localhost"]))
    ours = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "NO_PROXY": loopback, "no_proxy": loopback}
    return kept | QUIET | ours | settings_environment(settings)


def settings_environment(settings: Settings) -> dict[str, str]:
    """The settings as PACKETBOAT_… variables, so that a child process uses exactly the same ones."""
    own = {name: getattr(settings, name) for name in Settings.model_fields if name != "accounts"}
    return {
        variable(name): as_text(value)
        for name, value in (own | settings.accounts).items()
        if value is not None
    }


def as_text(value: object) -> str:
    """A setting as it is written in the environment and in `.env`."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def airflow_database_url(settings: Settings, secrets: Mapping[str, str]) -> URL:
    """The URL of Airflow's own database on the server of `settings.database_url`, for Airflow's own role."""
    assert settings.database_url is not None, "the launcher fills in the embedded server's address"
    return airflow_url(make_url(settings.database_url.get_secret_value()), secrets)


def airflow_environment(
    settings: Settings, secrets: Mapping[str, str], extra_dag_folders: Sequence[Path] = ()
) -> dict[str, str]:
    """Airflow's configuration, tuned for short hops between tasks on one small machine (Airflow 3.3 documents each option).

    `settings` name the ports and the database in use. The figures are measured: at the default idle sleep of 1 s a
    packet of seven steps takes 7 s longer; at the default heartbeat of 5 s a finished task can hold its slot for 5 s.
    """
    home = settings.home / "airflow"
    base_url = f"http://{reachable_host(settings)}:{settings.airflow_port}"
    options = {
        "core.executor": "LocalExecutor",
        "core.parallelism": parallelism(),
        "core.dags_folder": PROJECT / "dags",
        "core.plugins_folder": PROJECT / "plugins",
        "core.load_examples": False,
        "core.dags_are_paused_at_creation": False,
        "core.auth_manager": SIMPLE_AUTH,
        "core.simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in AIRFLOW_USERS.items()),
        "core.simple_auth_manager_passwords_file": home / "passwords.json",
        "core.fernet_key": secrets["airflow_fernet_key"],
        "core.execution_api_server_url": f"{base_url}/execution/",
        "core.hostname_callable": "socket.gethostname",
        "database.sql_alchemy_conn": airflow_database_url(settings, secrets).render_as_string(
            hide_password=False
        ),
        "api.host": settings.host,
        "api.port": settings.airflow_port,
        "api.base_url": base_url,
        "api.workers": 1,
        "api.secret_key": secrets["airflow_secret_key"],
        "api.instance_name": "Packetboat",
        "api.auto_refresh_interval": 1,
        "api_auth.jwt_secret": secrets["airflow_jwt_secret"],
        "scheduler.scheduler_idle_sleep_time": 0.1,
        # A killed worker is noticed only by its missing heartbeats. It reports every second. A restarting API server is
        # unavailable for 16 s, and for 24 s on two busy cores (measured).
        "scheduler.task_instance_heartbeat_timeout": 45,
        "scheduler.task_instance_heartbeat_timeout_detection_interval": 5,
        "workers.min_heartbeat_interval": 1,
        "workers.max_failed_heartbeats": 5,  # each takes about 12 s; the scheduler decides whether a task is lost
        "workers.execution_api_timeout": 30,
        "dag_processor.parsing_processes": 1,
        "dag_processor.min_file_process_interval": 60,
        "dag_processor.dag_bundle_config_list": json.dumps(_bundles(extra_dag_folders)),
        "logging.base_log_folder": settings.home / "logs" / "tasks",
        "logging.dag_processor_child_process_log_directory": settings.home / "logs" / "dag-files",
        "logging.colored_console_log": False,
        "logging.uvicorn_logging_level": "WARNING",
    }
    variables = {
        f"AIRFLOW__{option.replace('.', '__').upper()}": str(value) for option, value in options.items()
    }
    return variables | {"AIRFLOW_HOME": str(home)}


def _bundles(extra_folders: Sequence[Path]) -> list[dict[str, object]]:
    folders = [
        ("packetboat", PROJECT / "dags"),
        *((f"extra-{folder.name}", folder) for folder in extra_folders),
    ]
    return [
        {"name": name, "classpath": LOCAL_BUNDLE, "kwargs": {"path": str(folder), "refresh_interval": 60}}
        for name, folder in folders
    ]


def with_airflow_config(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment with our `airflow_local_settings` on the Python path."""
    path = os.pathsep.join(filter(None, [str(AIRFLOW_CONFIG), environment.get("PYTHONPATH")]))
    return {**environment, "PYTHONPATH": path}
