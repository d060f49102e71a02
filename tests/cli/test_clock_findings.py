"""`packetboat doctor` compares the database's clock with the providers' clocks."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipelines.cli.clock_findings import skew
from tests.fixtures_sandbox import answering, raw_server

__all__ = ["raw_server"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT = {
    "PACKETBOAT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "PACKETBOAT_TWILIO_AUTH_TOKEN": "token",
}


@pytest.fixture
def clock(shell, raw_server):
    """What doctor says of the clock if Twilio answers with this header."""

    def run(*headers):
        url = raw_server(answering(404, "nothing here", *headers)).url
        report = json.loads(shell("doctor", "--json", **ACCOUNT, PACKETBOAT_TWILIO_BASE_URL=url).out)
        return [(one["state"], one["sentence"]) for one in report if one["matter"] == "clock"]

    return run


def dated(**other):
    return f"Date: {format_datetime(datetime.now(UTC) + timedelta(**other), usegmt=True)}"


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"minutes": -10}, "ahead of that of twilio. Messages whose answers are lost may need a person."),
        ({"minutes": 30}, "behind that of twilio. Messages whose answers are lost may need a person."),
        ({"hours": -3}, "ahead of that of twilio. Messages may be sent twice."),
    ],
)
def test_a_clock_that_differs_is_wrong(clock, other, says):
    ((state, sentence),) = clock(dated(**other))
    assert (state, says in sentence) == ("wrong", True)


def test_a_provider_that_does_not_say_the_time(clock):
    assert clock() == [("note", "The clocks were not compared: twilio does not say the time.")]


def test_the_sandbox_has_our_clock(shell):
    assert "clock" not in [one["matter"] for one in json.loads(shell("doctor", "--json").out)]


@pytest.mark.parametrize(
    ("began", "ended", "ahead"),
    [(0.5, 0.9, 0), (-5, 5, 0), (-5, -4, -4), (4, 5, 3), (0.9, 1.5, 0)],
)
def test_only_what_the_second_and_the_wait_cannot_explain_counts(began, ended, ahead):
    times = [NOON + timedelta(seconds=seconds) for seconds in (began, ended)]
    assert skew(NOON, *times) == timedelta(seconds=ahead)
