"""Errands do not depend on one another: one that fails holds up none of the others."""

import pytest
import structlog
from structlog.testing import LogCapture

from pipelines import errands
from pipelines.errors import TryLater


def test_an_errand_that_fails_does_not_stop_the_next_one_and_is_told(monkeypatch):
    done = []

    def start_packets():
        raise TryLater("Airflow does not answer.", code="airflow_away")

    def close_calls():
        done.append("close_calls")

    monkeypatch.setattr(errands, "ERRANDS", (start_packets, close_calls))
    capture = LogCapture()
    structlog.configure(processors=[capture])
    with pytest.raises(TryLater):
        errands.run_errands()
    assert done == ["close_calls"]
    (line,) = capture.entries
    assert (line["event"], line["errand"]) == ("errand_failed", "start_packets")
