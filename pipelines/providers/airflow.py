"""A client for Airflow's REST API v2: start a run once, clear tasks, read a run's state. Signs in, and again when its token expires."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
import structlog

from pipelines.errors import NotFound, PacketboatError, TryLater

log = structlog.get_logger()

UNAUTHORIZED, MISSING, CONFLICT, TOO_MANY, SERVER_ERROR = 401, 404, 409, 429, 500


@dataclass(frozen=True, slots=True)
class TaskInstance:
    """One task of one run; `map_index` is -1 for a task that is not mapped."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a DAG: queued, running, success or failed; `ended_at` is None until it has ended."""

    state: str
    ended_at: datetime | None


class Airflow:
    """Airflow's API at `base_url`, used as the service account `username`. Safe for many threads.

    Every method raises TryLater when Airflow is unavailable or overloaded, and PacketboatError when it refuses the request.
    `timeout` is in seconds, for connecting and for each read.
    """

    def __init__(self, base_url: str, username: str, password: str, *, timeout: float = 10.0) -> None:
        self._base_url = base_url.rstrip("/")
        self._account = {"username": username, "password": password}
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # the machine's .netrc and proxies are not meant for our own Airflow
        self._sign_in_lock = threading.Lock()
        self._token: str | None = None

    def trigger_run(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> bool:
        """Start the run unless one with this id exists; returns whether it was started now."""
        body = {"dag_run_id": run_id, "conf": dict(conf), "logical_date": None}
        answer = self._call("POST", f"/dags/{_part(dag_id)}/dagRuns", body, allow={CONFLICT})
        return answer.status_code != CONFLICT

    def clear(
        self,
        dag_id: str,
        run_id: str,
        task_ids: Sequence[str],
    ) -> list[TaskInstance]:
        """Clear these tasks of a run and those after them, so that they run again; returns the tasks cleared. Raises NotFound."""
        body = {
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "include_downstream": True,
            "only_failed": False,
            "dry_run": False,
            "reset_dag_runs": True,
        }
        answer = self._call("POST", f"/dags/{_part(dag_id)}/clearTaskInstances", body)
        return _task_instances(answer)

    def run_state(self, dag_id: str, run_id: str) -> str | None:
        """The state of a run (queued, running, success, failed); None when there is no such run."""
        run = self.run(dag_id, run_id)
        return None if run is None else run.state

    def run(self, dag_id: str, run_id: str) -> Run | None:
        """A run; None when there is no such run."""
        answer = self._call("GET", f"/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}", allow={MISSING})
        if answer.status_code == MISSING:
            return None
        run = answer.json()
        return Run(run["state"], _moment(run.get("end_date")))

    def is_paused(self, dag_id: str) -> bool:
        """Whether a DAG is paused: then its runs wait, even those that have started. Raises NotFound."""
        return bool(self._call("GET", f"/dags/{_part(dag_id)}").json()["is_paused"])

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """The tasks of a run. Raises NotFound."""
        path = f"/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}/taskInstances?limit=1000"
        return _task_instances(self._call("GET", path))

    def ended_runs(self, dag_id: str, before: datetime, *, limit: int = 100) -> list[str]:
        """The ids of the oldest runs that were due before `before` and have ended, successfully or not."""
        moment = quote(before.isoformat(), safe="")
        path = f"/dags/{_part(dag_id)}/dagRuns?run_after_lt={moment}&order_by=run_after&limit={limit}"
        answer = self._call("GET", f"{path}&state=success&state=failed", allow={MISSING})
        return [run["dag_run_id"] for run in answer.json()["dag_runs"]] if answer.ok else []

    def delete_runs(self, dag_id: str, run_ids: Sequence[str]) -> None:
        """Delete runs of a DAG and everything that Airflow keeps about their tasks. Runs that do not exist are ignored."""
        entities = [{"dag_run_id": run_id} for run_id in run_ids]
        body = {"actions": [{"action": "delete", "entities": entities, "action_on_non_existence": "skip"}]}
        answer = self._call("PATCH", f"/dags/{_part(dag_id)}/dagRuns", body)
        if answer.json()["delete"]["errors"]:
            raise PacketboatError("airflow_kept_runs")

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        allow: frozenset[int] | set[int] = frozenset(),
    ) -> requests.Response:
        token = self._token or self._sign_in(None)
        answer = self._request(method, "/api/v2" + path, body, token)
        if answer.status_code == UNAUTHORIZED:
            answer = self._request(method, "/api/v2" + path, body, self._sign_in(token))
        if answer.ok or answer.status_code in allow:
            return answer
        raise _refusal(answer)

    def _sign_in(self, refused: str | None) -> str:
        """A valid token; `refused` is the one that Airflow refused, so that many threads sign in only once."""
        with self._sign_in_lock:
            if self._token is None or self._token == refused:
                answer = self._request("POST", "/auth/token", self._account, None)
                if not answer.ok:
                    raise _refusal(answer)
                self._token = answer.json()["access_token"]
            return self._token

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, token: str | None
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return self._session.request(
                method, self._base_url + path, json=body, headers=headers, timeout=self._timeout
            )
        except requests.RequestException as error:
            log.warning("airflow_away", error=type(error).__name__)
            raise TryLater("airflow_away") from None


def _part(name: str) -> str:
    return quote(name, safe="")


def _task_instances(answer: requests.Response) -> list[TaskInstance]:
    return [
        TaskInstance(
            task["task_id"],
            task["map_index"],
            task["state"],
            task["try_number"],
            _moment(task["end_date"]),
        )
        for task in answer.json()["task_instances"]
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _refusal(answer: requests.Response) -> PacketboatError:
    status = answer.status_code
    log.warning("airflow_refused", http_status=status)
    if status == TOO_MANY or status >= SERVER_ERROR:
        return TryLater("airflow_away")
    if status == MISSING:
        return NotFound("no_such_run")
    if status == UNAUTHORIZED:
        return PacketboatError("airflow_login")
    return PacketboatError("airflow_refused", status=status)
