"""Deletes what would grow without limit: old logs, unfinished uploads, Airflow's records of old errand runs."""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import URL, Engine

from pipelines.actions.upkeep import airflow_audit
from pipelines.providers.airflow import Airflow
from pipelines.settings import Settings
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# DAGs that run on a schedule: their logs are soon of no interest.
ERRAND_DAGS = ("pulse", "housekeeping")
KEEP_ERRANDS = timedelta(days=2)
KEEP_UNFINISHED_UPLOADS = timedelta(days=1)
RUNS_AT_ONCE = 100  # the maximum page size of Airflow's API

log = structlog.get_logger()


def delete_old_logs(engine: Engine, settings: Settings) -> int:
    """Delete old logs of tasks and DAG files, and rotated logs of processes. Returns how many.

    A packet's logs stay for `log_days`, and at least until it is finished; those of errands stay for two days.
    """
    logs, now = settings.home / "logs", datetime.now(UTC)
    old, errands_old = now - timedelta(days=settings.log_days), now - KEEP_ERRANDS
    runs = [path for path in logs.glob("tasks/dag_id=*/run_id=*") if _unused_since(path, old)]
    unfinished = _unfinished(engine, [_run_id(run) for run in runs])
    to_delete = {run for run in runs if _run_id(run) not in unfinished}
    for dag in ERRAND_DAGS:
        to_delete |= {
            run for run in logs.glob(f"tasks/dag_id={dag}/run_id=*") if _unused_since(run, errands_old)
        }
    # One folder per day, and a link to the newest.
    days = [day for day in logs.glob("dag-files/*") if not day.is_symlink()]
    to_delete |= {day for day in days if _unused_since(day, errands_old)}
    to_delete |= {path for path in logs.glob("*.log.1") if _unused_since(path, old)}
    _delete(to_delete)
    log.info("logs_deleted", count=len(to_delete))
    return len(to_delete)


def delete_unfinished_uploads(settings: Settings) -> int:
    """Delete the uploads that killed processes left unfinished. Returns how many."""
    long_ago = datetime.now(UTC) - KEEP_UNFINISHED_UPLOADS
    count = Files(settings).delete_unfinished(long_ago)
    log.info("unfinished_uploads_deleted", count=count)
    return count


def delete_errand_runs(airflow: Airflow) -> int:
    """Delete Airflow's records of old errand runs and their tasks. Returns how many. Raises TryLater."""
    before, count = datetime.now(UTC) - KEEP_ERRANDS, 0
    for dag in ERRAND_DAGS:
        while runs := airflow.ended_runs(dag, before, limit=RUNS_AT_ONCE):
            airflow.delete_runs(dag, runs)
            count += len(runs)
    log.info("errand_runs_deleted", count=count)
    return count


def forget_audit_log(airflow_database: URL) -> None:
    """Delete the entries about old errand runs from Airflow's audit log."""
    airflow_audit.forget_audit_log(airflow_database, ERRAND_DAGS, datetime.now(UTC) - KEEP_ERRANDS)


def _unfinished(engine: Engine, run_ids: list[str]) -> set[str]:
    """Those of these runs that belong to unfinished packets."""
    with UnitOfWork(engine, every_client=True) as uow:
        return {row.run_id for row in uow.all(sql("actions/unfinished_runs"), {"run_ids": run_ids})}


def _run_id(folder: Path) -> str:
    return folder.name.removeprefix("run_id=")


def _unused_since(path: Path, moment: datetime) -> bool:
    """Whether nothing at or below `path` was written after `moment`."""
    newest = max((_written(one) for one in (path, *path.rglob("*"))), default=0.0)
    return newest < moment.timestamp()


def _written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
