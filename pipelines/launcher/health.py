"""Whether a service answers. Plain HTTP to this machine, never through a proxy."""

import json
from datetime import datetime
from http.client import HTTPConnection, HTTPException

SERVER_ERROR = 500


def answers(host: str, port: int, path: str) -> bool:
    """Whether `path` returns anything but a server error within two seconds."""
    return _get(host, port, path) is not None


def airflow_is_alive(host: str, port: int, part: str, since: datetime) -> bool:
    """Whether Airflow reports a heartbeat of `part` (scheduler, dag_processor) younger than `since`.

    Airflow itself reports a scheduler as healthy for a while after it was killed; the heartbeat shows the truth.
    """
    report = _airflow_report(host, port, part)
    beat = report.get(f"latest_{part}_heartbeat")
    return report.get("status") == "healthy" and beat is not None and datetime.fromisoformat(beat) > since


def airflow_is_silent(host: str, port: int, part: str, since: datetime) -> bool:
    """Whether Airflow says that `part` has not reported since `since`; False while Airflow does not answer."""
    beat = _airflow_report(host, port, part).get(f"latest_{part}_heartbeat")
    return beat is not None and datetime.fromisoformat(beat) <= since


def _airflow_report(host: str, port: int, part: str) -> dict[str, str | None]:
    body = _get(host, port, "/api/v2/monitor/health")
    return (json.loads(body).get(part) if body else None) or {}


def _get(host: str, port: int, path: str) -> bytes | None:
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status < SERVER_ERROR else None
