"""The log line of a page that failed: what and where, the columns that do not fit, and never a value."""

import sys
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs


@dataclass
class Line:
    first: str
    second: str


def logged(app, fail):
    with app.test_request_context("/packets/"), capture_logs() as lines:
        try:
            fail()
        except Exception:  # noqa: BLE001
            app.log_exception(sys.exc_info())
    (line,) = lines
    return line


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({}, ["first", "second"]),
        ({"first": "Ada"}, ["second"]),
        ({"first": "Ada", "second": "Stone", "third": "212"}, ["third"]),
    ],
)
def test_the_columns_of_a_statement_that_do_not_fit_are_named(app, row, columns):
    line = logged(app, lambda: Line(**row))
    assert (line["kind"], line["columns"]) == ("TypeError", columns)
    assert "Ada" not in str(line)


@pytest.mark.parametrize("error", [TypeError("'Ada' is no number"), ValueError("__init__() missing 1 'Ada'")])
def test_the_text_of_another_error_is_not_logged(app, error):
    def fail():
        raise error

    line = logged(app, fail)
    assert "columns" not in line
    assert "Ada" not in str(line)
