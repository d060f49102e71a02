"""Airflow's audit log, which notes every change of every task's state. No API deletes from it: Airflow's own command does."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import URL

from pipelines.errors import PacketboatError

TIMEOUT = 600  # seconds


def forget_audit_log(database: URL, dag_ids: Sequence[str], before: datetime) -> None:
    """Delete what the audit log of Airflow's `database` says of these DAGs before a moment. Raises PacketboatError.

    Inside a task Airflow hides its database and its configuration says so, so the command is told where it is.
    """
    command = [sys.executable, "-m", "airflow", "db", "clean", "--tables", "log", "--skip-archive", "--yes"]
    command += ["--error-on-cleanup-failure", "--clean-before-timestamp", before.isoformat()]
    done = subprocess.run(
        [*command, "--dag-ids", ",".join(dag_ids)],
        env=_outside_the_task() | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _written(database)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise PacketboatError("airflow_not_cleaned", status=done.returncode)


def _outside_the_task() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("_AIRFLOW", "__AIRFLOW"))
    }


def _written(database: URL) -> str:
    return database.render_as_string(hide_password=False)
