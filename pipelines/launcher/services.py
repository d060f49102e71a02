"""The processes of Packetboat besides PostgreSQL: how each is started and how one sees that it works."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from pipelines.launcher.health import airflow_is_silent, airflow_lives, answers
from pipelines.launcher.ports import reachable_host
from pipelines.settings import Settings

AIRFLOW, PORTAL, SANDBOX = "airflow", "portal", "sandbox"
SCHEDULER = "airflow scheduler"
ALL = frozenset({AIRFLOW, PORTAL, SANDBOX})


@dataclass(frozen=True)
class Service:
    """`works(since)` says whether the process that was started at `since` does its work, `silent(since)` whether it is known not to."""

    name: str
    command: tuple[str, ...]
    works: Callable[[datetime], bool]
    environment: Mapping[str, str] = field(repr=False)
    silent: Callable[[datetime], bool] = lambda _since: False


def airflow_command(*arguments: str) -> tuple[str, ...]:
    """Airflow's command line in this very interpreter, whatever is first on the PATH."""
    return (sys.executable, "-m", "airflow", *arguments)


def airflow_services(settings: Settings, environment: Mapping[str, str]) -> list[Service]:
    """Scheduler (with its task processes), DAG processor and API server; the slowest to start comes first."""
    lives = partial(airflow_lives, reachable_host(settings), settings.airflow_port)
    silent = partial(airflow_is_silent, reachable_host(settings), settings.airflow_port)
    return [
        Service(
            SCHEDULER,
            # On one machine the API server reads the task logs from the disk, no log server is needed.
            airflow_command("scheduler", "--skip-serve-logs"),
            partial(lives, "scheduler"),
            environment,
            partial(silent, "scheduler"),
        ),
        Service(
            "airflow api-server",
            airflow_command("api-server"),
            # The part that the tasks talk to; it is built at its first question, and that shall not be a task's.
            _answering(settings, settings.airflow_port, "/execution/health"),
            environment,
        ),
        Service(
            "airflow dag-processor",
            airflow_command("dag-processor"),
            partial(lives, "dag_processor"),
            environment,
            partial(silent, "dag_processor"),
        ),
    ]


def portal_service(settings: Settings, environment: Mapping[str, str]) -> Service:
    """The portal and the hooks: one process, enough for a small machine."""
    command = (sys.executable, "-m", "webapp.front", "--host", settings.host)
    return Service(PORTAL, command, _answering(settings, settings.portal_port, "/healthz"), environment)


def sandbox_service(settings: Settings, environment: Mapping[str, str]) -> Service:
    """The simulator. Where an account's webhooks go is set at the service and not in a call, so here it is an argument."""
    command = (
        *(sys.executable, "-m", "pipelines.sandbox", "--host", settings.host),
        *("--hooks", f"{settings.callback_base}/hooks"),
    )
    return Service(
        SANDBOX, command, _answering(settings, settings.sandbox_port, "/sandbox/health"), environment
    )


def _answering(settings: Settings, port: int, path: str) -> Callable[[datetime], bool]:
    return lambda _since: answers(reachable_host(settings), port, path)
