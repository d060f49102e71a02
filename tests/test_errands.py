"""Errands do not depend on one another: one that fails holds up none of the others."""

from types import SimpleNamespace

import pytest
import structlog
from sqlalchemy import create_engine, text
from structlog.testing import LogCapture

from pipelines import errands
from pipelines.errors import TryLater


def test_an_errand_that_fails_does_not_stop_the_next_one_and_is_told(monkeypatch):
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


def test_each_errand_leaves_word_when_it_begins(monkeypatch, database):
    worker = database.engine("worker")
    monkeypatch.setattr(errands, "packetboat", lambda: SimpleNamespace(engine=lambda _role: worker))
    monkeypatch.setattr(errands, "ERRANDS", (lambda: None,))
    for _ in range(2):
        errands.run_errands()
    with worker.connect() as connection:
        query = "select count(*), max(begun_at) > now() - interval '1 minute' from errand_mark where name = '<lambda>'"
        assert connection.execute(text(query)).one() == (1, True)


def test_a_word_that_cannot_be_left_holds_nothing_up(monkeypatch):
    done, gone = [], create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    monkeypatch.setattr(errands, "packetboat", lambda: SimpleNamespace(engine=lambda _role: gone))
    monkeypatch.setattr(errands, "ERRANDS", (lambda: done.append("errand"),))
    errands.run_errands()
    assert done == ["errand"]
