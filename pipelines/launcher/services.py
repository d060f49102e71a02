"""The processes of Packetboat besides PostgreSQL: how to start each one, and how to tell that it works."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from pipelines.launcher.health import airflow_is_alive, airflow_is_silent, answers
from pipelines.launcher.ports import reachable_host
from pipelines.settings import Settings

AIRFLOW, PORTAL, SANDBOX = "airflow", "portal", "sandbox"
SCHEDULER = "airflow scheduler"
ALL = frozenset({AIRFLOW, PORTAL, SANDBOX})


@dataclass(frozen=True)
class Service:
    """`works(since)` says whether the process started at `since` works, `silent(since)` whether it has not reported since then."""

    name: str
    command: tuple[str, ...]
    works: Callable[[datetime], bool]
    environment: Mapping[str, str] = field(repr=False)
    silent: Callable[[datetime], bool] = lambda _since: False


def airflow_command(*arguments: str) -> tuple[str, ...]:
    """Airflow's command line in this interpreter, regardless of the PATH."""
    return (sys.executable, "-m", "airflow", *arguments)


def airflow_services(settings: Settings, environment: Mapping[str, str]) -> list[Service]:
    """Scheduler (with its task processes), DAG processor and API server; the slowest to start comes first."""
    alive = partial(airflow_is_alive, reachable_host(settings), settings.airflow_port)
    silent = partial(airflow_is_silent, reachable_host(settings), settings.airflow_port)
    return [
        Service(
            SCHEDULER,
            # On one machine the API server reads the task logs from disk, so no log server is needed.
            airflow_command("scheduler", "--skip-serve-logs"),
            partial(alive, "scheduler"),
            environment,
            partial(silent, "scheduler"),
        ),
        Service(
            "airflow api-server",
            airflow_command("api-server"),
            # The part that the tasks talk to. It is built on its first request, which should not be a task's.
            _answers_on(settings, settings.airflow_port, "/execution/health"),
            environment,
        ),
        Service(
            "airflow dag-processor",
            airflow_command("dag-processor"),
            partial(alive, "dag_processor"),
            environment,
            partial(silent, "dag_processor"),
        ),
    ]


def portal_service(settings: Settings, environment: Mapping[str, str]) -> Service:
    """The portal and the hooks: one process, enough for a small machine."""
    command = (sys.executable, "-m", "webapp.front", "--host", settings.host)
    return Service(PORTAL, command, _answers_on(settings, settings.portal_port, "/healthz"), environment)


def sandbox_service(settings: Settings, environment: Mapping[str, str]) -> Service:
    """The simulator. The webhook URL of an account is configured at the service, not in a call, so it is an argument here."""
    command = (
        *(sys.executable, "-m", "pipelines.sandbox", "--host", settings.host),
        *("--hooks", f"{settings.callback_base}/hooks"),
    )
    return Service(
        SANDBOX, command, _answers_on(settings, settings.sandbox_port, "/sandbox/health"), environment
    )


def _answers_on(settings: Settings, port: int, path: str) -> Callable[[datetime], bool]:
    return lambda _since: answers(reachable_host(settings), port, path)
