"""Processes that are alive but idle are distinguished from slow ones."""

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
    """A clock that a test moves forward."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(stalls, "time", clock)
    return clock


def service(*, silent):
    return Service("airflow scheduler", (), lambda _: not silent, {}, lambda _: silent)


def test_only_a_process_that_is_silent_for_half_a_minute_is_stalled(clock):
    watch, processes = Stalls(), [(1, service(silent=True)), (2, service(silent=False)), (3, None)]
    stalled = []
    for _ in range(5):
        stalled.append(watch.stalled(processes))
        clock.now += 10.5
    assert stalled == [set(), set(), set(), {1}, {1}]


def test_a_process_that_reports_in_between_is_not_stalled(clock):
    """After a machine wakes up, every process has been silent for hours, but only at one check."""
    watch = Stalls()
    for number in range(20):
        assert watch.stalled([(1, service(silent=number % 3 != 0))]) == set()
        clock.now += 10.5


def test_no_process_is_checked_between_two_checks(clock):
    watch = Stalls()
    watch.stalled([(1, service(silent=True))])
    clock.now += 1
    assert watch.stalled([(1, Service("x", (), None, {}, None))]) == set()


def answering(report):
    def serve(connection):
        read_request(connection)
        body = json.dumps(report).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return serve


@pytest.mark.parametrize(("ago", "silent"), [(10, False), (70, True)])
def test_a_part_with_an_old_last_report_is_silent(raw_server, ago, silent):
    beat = datetime.now(UTC) - timedelta(seconds=ago)
    report = {"scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat.isoformat()}}
    host, port = raw_server(answering(report)).url.removeprefix("http://").split(":")
    since = datetime.now(UTC) - timedelta(seconds=60)
    assert airflow_is_silent(host, int(port), "scheduler", since) is silent
    assert airflow_is_silent(host, int(port), "triggerer", since) is False


def test_no_part_is_silent_while_airflow_is_unavailable():
    assert airflow_is_silent("127.0.0.1", 9, "scheduler", datetime.now(UTC)) is False
