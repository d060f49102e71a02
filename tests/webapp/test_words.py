"""How the portal says numbers, times and sizes."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.reports.messages import SHOWN
from pipelines.states import STEPS, CallState, MessageState, PacketState
from webapp.fab.words import (
    CALL_WORDS,
    DASH,
    MESSAGE_WORDS,
    PACKET_WORDS,
    SHOWN_WORDS,
    STEP_WORDS,
    clock,
    distance,
    duration,
    exactly,
    money,
    number,
    size,
)

NOW = datetime(2026, 11, 21, 15, 40, tzinfo=UTC)


def test_every_state_and_step_has_words():
    assert set(PACKET_WORDS) == set(PacketState)
    assert tuple(STEP_WORDS) == STEPS
    assert set(MESSAGE_WORDS) == set(MessageState)
    assert set(CALL_WORDS) == set(CallState)
    assert set(SHOWN_WORDS) == set(SHOWN)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (-30, "just now"), (30, "in a moment"), (-60, "1 minute ago"), (25 * 60, "in 25 minutes"), (-7200, "2 hours ago"),
     (-86400, "1 day ago"), (-90 * 86400, "3 months ago")],
)  # fmt: skip
def test_a_distance(seconds, said):
    assert distance(NOW + timedelta(seconds=seconds), NOW) == said


def test_a_clock_names_its_zone_and_the_day_unless_it_is_today():
    assert clock(NOW, "Europe/Paris", NOW) == "16:40 CET"
    assert clock(NOW - timedelta(days=2), "Europe/Paris", NOW) == "19 Nov 16:40 CET"
    assert clock(NOW - timedelta(days=400), "America/New_York", NOW) == "17 Oct 2025 11:40 EDT"
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert clock(late, "Europe/Paris", NOW).startswith("22 Nov 00:30"), "the reader's day decides, not ours"


def test_a_moment_exactly():
    assert exactly(NOW, "Europe/Paris") == "21 Nov 2026 16:40:00 CET"
    assert exactly(None, "UTC") == DASH


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10.0 s"),
        (12.2, "12 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 byte"),
        (900, "900 bytes"),
        (2048, "2.0 kB"),
        (148_213, "145 kB"),
        (1_500_000, "1.4 MB"),
        (209_715_200, "200 MB"),
    ],
)
def test_a_size(count, said):
    assert size(count) == said


def test_numbers_and_money():
    assert number(None) == "\u2013"
    assert number(1234567) == "1,234,567"
    assert money(128450, "USD") == "1,284.50 USD"
