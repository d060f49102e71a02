"""Who lives and does nothing, told from who is only late."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.launcher import stalls
from pipelines.launcher.health import airflow_is_silent
from pipelines.launcher.services import Service
from pipelines.launcher.stalls import Stalls
from tests.fixtures_sandbox import raw_server, read_request

__all__ = ["raw_server"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test puts forward."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(stalls, "time", clock)
    return clock


def service(*, silent):
    return Service("airflow scheduler", (), lambda _: not silent, {}, lambda _: silent)


def test_who_is_silent_for_half_a_minute_is_found_and_nobody_else(clock):
    looking, processes = Stalls(), [(1, service(silent=True)), (2, service(silent=False)), (3, None)]
    found = []
    for _ in range(5):
        found.append(looking.found(processes))
        clock.now += 10.5
    assert found == [set(), set(), set(), {1}, {1}]


def test_who_speaks_in_between_is_not_found(clock):
    """After a machine woke up, all of them were silent for hours, for one look."""
    looking = Stalls()
    for number in range(20):
        assert looking.found([(1, service(silent=number % 3 != 0))]) == set()
        clock.now += 10.5


def test_between_two_looks_nobody_is_asked(clock):
    looking = Stalls()
    looking.found([(1, service(silent=True))])
    clock.now += 1
    assert looking.found([(1, Service("x", (), None, {}, None))]) == set()


def answering(report):
    def serve(connection):
        read_request(connection)
        body = json.dumps(report).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return serve


@pytest.mark.parametrize(("ago", "silent"), [(10, False), (70, True)])
def test_silent_is_whose_last_report_is_old(raw_server, ago, silent):
    beat = datetime.now(UTC) - timedelta(seconds=ago)
    report = {"scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat.isoformat()}}
    host, port = raw_server(answering(report)).url.removeprefix("http://").split(":")
    since = datetime.now(UTC) - timedelta(seconds=60)
    assert airflow_is_silent(host, int(port), "scheduler", since) is silent
    assert airflow_is_silent(host, int(port), "triggerer", since) is False


def test_nobody_is_called_silent_by_an_airflow_that_is_away():
    assert airflow_is_silent("127.0.0.1", 9, "scheduler", datetime.now(UTC)) is False
