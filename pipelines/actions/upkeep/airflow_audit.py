"""Airflow's audit log, which records every state change of every task. No API deletes from it, only Airflow's own command."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import URL

from pipelines.errors import PacketboatError

TIMEOUT = 600  # seconds


def forget_audit_log(database: URL, dag_ids: Sequence[str], before: datetime) -> None:
    """Delete the entries about these DAGs before a moment from the audit log in Airflow's `database`. Raises PacketboatError.

    Inside a task Airflow hides its database, so the command gets its URL and an environment without the task's settings.
    """
    command = [sys.executable, "-m", "airflow", "db", "clean", "--tables", "log", "--skip-archive", "--yes"]
    command += ["--error-on-cleanup-failure", "--clean-before-timestamp", before.isoformat()]
    done = subprocess.run(
        [*command, "--dag-ids", ",".join(dag_ids)],
        env=_environment_outside_task() | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _url(database)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise PacketboatError("airflow_not_cleaned", status=done.returncode)


def _environment_outside_task() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("_AIRFLOW", "__AIRFLOW"))
    }


def _url(database: URL) -> str:
    return database.render_as_string(hide_password=False)
