"""Errands are independent: one that fails does not stop the others."""

from types import SimpleNamespace

import pytest
import structlog
from sqlalchemy import create_engine, text
from structlog.testing import LogCapture

from pipelines import errands
from pipelines.errors import TryLater


def test_an_errand_that_fails_is_logged_and_does_not_stop_the_next_one(monkeypatch):
    done = []

    def start_packets():
        raise TryLater("airflow_away")

    def close_calls():
        done.append("close_calls")

    marked = []
    monkeypatch.setattr(errands, "ERRANDS", (start_packets, close_calls))
    monkeypatch.setattr(errands, "_mark", marked.append)
    capture = LogCapture()
    structlog.configure(processors=[capture])
    with pytest.raises(TryLater):
        errands.run_errands()
    assert done == ["close_calls"]
    assert marked == ["start_packets", "close_calls"]
    (line,) = capture.entries
    assert (line["event"], line["errand"]) == ("errand_failed", "start_packets")


def test_each_errand_leaves_a_mark_when_it_begins(monkeypatch, database):
    worker = database.engine("worker")
    monkeypatch.setattr(errands, "packetboat", lambda: SimpleNamespace(engine=lambda _role: worker))
    monkeypatch.setattr(errands, "ERRANDS", (lambda: None,))
    for _ in range(2):
        errands.run_errands()
    with worker.connect() as connection:
        query = "select count(*), max(begun_at) > now() - interval '1 minute' from errand_mark where name = '<lambda>'"
        assert connection.execute(text(query)).one() == (1, True)


def test_a_mark_that_cannot_be_written_stops_nothing(monkeypatch):
    done, unreachable = [], create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    monkeypatch.setattr(errands, "packetboat", lambda: SimpleNamespace(engine=lambda _role: unreachable))
    monkeypatch.setattr(errands, "ERRANDS", (lambda: done.append("errand"),))
    errands.run_errands()
    assert done == ["errand"]
