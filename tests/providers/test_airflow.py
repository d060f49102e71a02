"""The client for Airflow's API: signs in once, again when its token has expired, and classifies errors."""

import json
from datetime import UTC, datetime

import pytest

from pipelines.errors import NotFound, PacketboatError, TryLater
from pipelines.providers.airflow import Airflow, TaskInstance
from tests.fixtures_sandbox import raw_server, read_request

__all__ = ["raw_server"]

LOAD = {"task_id": "load", "map_index": -1, "state": "success", "try_number": 2, "end_date": None, "more": 1}
TASKS = {"task_instances": [LOAD, LOAD | {"task_id": "clean", "end_date": "2026-05-01T10:00:00Z"}]}


class Scripted:
    """An Airflow that gives scripted answers and records the requests."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.tokens = 0

    def __call__(self, connection):
        while request := read_request(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            method, path, _ = head.decode().splitlines()[0].split(" ")
            authorization = next(
                (
                    line.partition(": ")[2]
                    for line in head.decode().splitlines()
                    if line.lower().startswith("authorization")
                ),
                None,
            )
            if path == "/auth/token":
                self.tokens += 1
                status, answer = 201, {"access_token": f"token{self.tokens}"}
            else:
                status, answer = self.answers.pop(0)
            self.requests.append((method, path, json.loads(body) if body else None, authorization))
            data = json.dumps(answer).encode()
            connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)


@pytest.fixture
def scripted_airflow(raw_server):
    """Makes an Airflow that gives these answers after signing in; returns the client and the script."""
    clients = []

    def make(*answers):
        script = Scripted(*answers)
        clients.append(Airflow(raw_server(script).url, "packetboat", "secret", timeout=2))
        return clients[-1], script

    yield make
    for client in clients:
        client.close()


def test_a_run_is_started_with_its_id_and_without_a_logical_date(scripted_airflow):
    airflow, script = scripted_airflow((200, {}))
    assert airflow.trigger_run("packet", "packet-1-r1", {"packet_id": "1"}) is True
    assert script.requests == [
        ("POST", "/auth/token", {"username": "packetboat", "password": "secret"}, None),
        (
            "POST",
            "/api/v2/dags/packet/dagRuns",
            {"dag_run_id": "packet-1-r1", "conf": {"packet_id": "1"}, "logical_date": None},
            "Bearer token1",
        ),
    ]


def test_ended_runs_are_listed_by_due_date(scripted_airflow):
    airflow, script = scripted_airflow((200, {"dag_runs": [{"dag_run_id": "a"}, {"dag_run_id": "b"}]}))
    before = datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert airflow.ended_runs("pulse", before, limit=2) == ["a", "b"]
    assert script.requests[-1][:2] == (
        "GET",
        (
            "/api/v2/dags/pulse/dagRuns?run_after_lt=2026-05-01T10%3A00%3A00%2B00%3A00&order_by=run_after&limit=2"
            "&state=success&state=failed"
        ),
    )


def test_a_dag_that_airflow_has_never_seen_has_no_runs(scripted_airflow):
    airflow, _ = scripted_airflow((404, {"detail": "not found"}))
    assert airflow.ended_runs("housekeeping", datetime.now(UTC)) == []


def test_runs_are_deleted_in_one_request(scripted_airflow):
    airflow, script = scripted_airflow((200, {"delete": {"success": ["a", "b"], "errors": []}}))
    airflow.delete_runs("pulse", ["a", "b"])
    method, path, body, _ = script.requests[-1]
    assert (method, path) == ("PATCH", "/api/v2/dags/pulse/dagRuns")
    assert body["actions"][0]["action"] == "delete"
    assert body["actions"][0]["entities"] == [{"dag_run_id": "a"}, {"dag_run_id": "b"}]


def test_a_run_that_cannot_be_deleted_is_an_error(scripted_airflow):
    airflow, _ = scripted_airflow((200, {"delete": {"success": [], "errors": [{"error": "it runs"}]}}))
    with pytest.raises(PacketboatError, match="refused to delete"):
        airflow.delete_runs("pulse", ["a"])


def test_a_run_that_exists_already_is_not_started_again(scripted_airflow):
    airflow, _ = scripted_airflow((409, {"detail": "already exists"}))
    assert airflow.trigger_run("packet", "packet-1-r1", {}) is False


def test_one_token_serves_many_calls_until_it_expires(scripted_airflow):
    airflow, script = scripted_airflow((200, {}), (200, {}), (401, {}), (200, {}))
    for _ in range(3):
        airflow.trigger_run("packet", "r", {})
    assert script.tokens == 2
    assert [authorization for *_, authorization in script.requests if authorization] == [
        "Bearer token1", "Bearer token1", "Bearer token1", "Bearer token2",
    ]  # fmt: skip


def test_a_refused_account_is_an_error_after_one_retry(scripted_airflow):
    airflow, script = scripted_airflow((401, {}), (401, {}))
    with pytest.raises(PacketboatError, match="service account") as refused:
        airflow.trigger_run("packet", "r", {})
    assert refused.value.permanent
    assert script.tokens == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_airflow_means_try_later(scripted_airflow, status):
    airflow, _ = scripted_airflow((status, {}))
    with pytest.raises(TryLater):
        airflow.trigger_run("packet", "r", {})


def test_an_unreachable_airflow_means_try_later():
    airflow = Airflow("http://127.0.0.1:9", "a", "b", timeout=1)
    with pytest.raises(TryLater) as away:
        airflow.trigger_run("packet", "r", {})
    airflow.close()
    assert away.value.code == "airflow_away"
    assert "127.0.0.1" not in str(away.value)


def test_an_airflow_that_never_answers_times_out(raw_server):
    airflow = Airflow(
        raw_server(lambda connection: connection.recv(1) and connection.recv(1 << 20)).url,
        "a",
        "b",
        timeout=0.3,
    )
    with pytest.raises(TryLater):
        airflow.trigger_run("packet", "r", {})
    airflow.close()


def test_a_request_that_airflow_refuses_is_not_retried(scripted_airflow):
    airflow, _ = scripted_airflow((422, {}))
    with pytest.raises(PacketboatError) as refused:
        airflow.trigger_run("packet", "r", {})
    assert (refused.value.code, refused.value.permanent) == ("airflow_refused", True)


def test_clearing_names_the_run_and_the_tasks_and_includes_those_downstream(scripted_airflow):
    airflow, script = scripted_airflow((200, TASKS))
    load, clean = airflow.clear("packet", "r", ["load"])
    assert load == TaskInstance("load", -1, "success", 2, None)
    assert clean.ended_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert script.requests[-1][:3] == (
        "POST",
        "/api/v2/dags/packet/clearTaskInstances",
        {
            "dag_run_id": "r",
            "task_ids": ["load"],
            "include_downstream": True,
            "only_failed": False,
            "dry_run": False,
            "reset_dag_runs": True,
        },
    )


def test_an_unknown_run_has_no_state_and_no_tasks(scripted_airflow):
    airflow, _ = scripted_airflow((404, {}), (404, {}))
    assert airflow.run_state("packet", "gone") is None
    with pytest.raises(NotFound):
        airflow.task_instances("packet", "gone")


def test_the_state_and_the_tasks_of_a_run(scripted_airflow):
    airflow, script = scripted_airflow((200, {"state": "running"}), (200, TASKS))
    assert airflow.run_state("packet", "a run/1") == "running"
    assert [task.task_id for task in airflow.task_instances("packet", "r")] == ["load", "clean"]
    assert script.requests[1][1] == "/api/v2/dags/packet/dagRuns/a%20run%2F1"
