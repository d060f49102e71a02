"""Our lines in a log that another program configured: unchanged, and without exception text that may quote a row."""

import structlog
from structlog.testing import LogCapture

from pipelines import logs
from pipelines.errors import StepFailed
from pipelines.language.vocabulary import step_title


def lines(*errors):
    capture = LogCapture()
    structlog.configure(processors=[capture])
    logs.join()
    for error in errors:
        structlog.get_logger().warning("it_failed", packet_id="p1", exc_info=error)
    return capture.entries


def test_an_exception_is_logged_by_its_type_alone():
    assert lines(ValueError("+1 202 555 0100 is odd")) == [
        {"event": "it_failed", "packet_id": "p1", "log_level": "warning", "error": "ValueError"}
    ]


def test_our_own_sentences_are_logged():
    (line,) = lines(StepFailed("not_loaded", step=step_title("load")))
    assert line["sentence"] == "The packet has no header: its step “Load the file” has to run first."
    assert "exc_info" not in line
