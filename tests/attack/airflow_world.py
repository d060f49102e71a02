"""An Airflow that has only runs: over real HTTP, with states that a test sets as a person would on its pages."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from tests.fixtures_sandbox import read_request


@dataclass
class AirflowWorld:
    """`runs` by id: state and end. Starting a run that is there is refused with 409, as Airflow does."""

    runs: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    paused: bool = False
    started: list[str] = field(default_factory=list)
    confs: dict[str, dict] = field(default_factory=dict)

    def end(self, run_id: str, state: str, seconds_ago: float = 600) -> None:
        self.runs[run_id] = (state, datetime.now(UTC) - timedelta(seconds=seconds_ago))

    def __call__(self, connection) -> None:
        while request := read_request(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            method, path, _ = head.decode().splitlines()[0].split(" ")
            status, document = self.answer(method, path, json.loads(body) if body else {})
            data = json.dumps(document).encode()
            connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)

    def answer(self, method: str, path: str, body: dict) -> tuple[int, dict]:
        if path == "/auth/token":
            return 201, {"access_token": "token"}
        if path == "/api/v2/dags/packet":
            return 200, {"is_paused": self.paused}
        if path.endswith("/clearTaskInstances"):
            self.runs[body["dag_run_id"]] = ("queued", None)
            return 200, {"task_instances": []}
        if method == "POST":
            self.confs[body["dag_run_id"]] = body["conf"]
            return self.start(body["dag_run_id"])
        run = self.runs.get(unquote(path.rsplit("/", 1)[-1]))
        if run is None:
            return 404, {}
        return 200, {"state": run[0], "end_date": run[1] and run[1].isoformat()}

    def start(self, run_id: str) -> tuple[int, dict]:
        if run_id in self.runs:
            return 409, {}
        self.runs[run_id] = ("queued", None)
        self.started.append(run_id)
        return 200, {}
