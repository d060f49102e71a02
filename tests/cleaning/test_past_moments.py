"""Moments before the packet came, such as that of a booking: usual notations, zones, clock changes, both orders of day and month."""

from datetime import UTC, datetime

import pytest

from pipelines.cleaning.past_moments import clean
from pipelines.cleaning.rule import Cleaned, Order, Setting

DAY, MONTH = Order.DAY_FIRST, Order.MONTH_FIRST
CAME = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)  # 14:05 in New York


def read(value, order=DAY, received_at=CAME):
    return clean(value, Setting("US", "en", "America/New_York", received_at, order))


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-19 14:05", "2026-11-19T14:05:00", "2026-11-19T19:05:00Z", "2026-11-19 20:05 +01:00", "2026-11-20T02:05+0700",
        "19/11/2026 14:05", "19 Nov 2026, 2:05 PM", "19 novembre 2026 à 14h05", "46345.586805556",
    ],
)  # fmt: skip
def test_a_local_time_is_that_of_the_packet_and_an_offset_is_taken_literally(value):
    assert read(value) == Cleaned("2026-11-19T19:05:00+00:00")


def test_a_date_alone_is_the_start_of_its_day():
    assert read("2026-11-19") == read("2026-11-19 00:00:00") == Cleaned("2026-11-19T05:00:00+00:00")


def test_seconds_count():
    assert read("2026-11-19 14:05:59") == Cleaned("2026-11-19T19:05:59+00:00")


def test_a_time_that_occurs_twice_is_the_first_and_one_with_an_offset_is_either():
    assert read("2026-11-01 01:30") == Cleaned("2026-11-01T05:30:00+00:00", "dst_overlap")
    assert read("2026-11-01T01:30-05:00") == Cleaned("2026-11-01T06:30:00+00:00")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("last week", "unreadable_date"), ("2026-02-30", "impossible_date"), ("2026-11-19 26:00", "impossible_time"),
        ("2026-11-19 at 9 or so", "unreadable_date"), ("2026-03-08 02:30", "skipped_time"),
        ("2026-11-20 14:06", "future_moment"), ("2026-11-21", "future_moment"),
    ],
)  # fmt: skip
def test_what_cannot_have_been(value, code):
    assert read(value).code == code


def test_a_booking_of_the_moment_at_which_the_packet_came_has_been():
    assert read("2026-11-20 14:05") == Cleaned("2026-11-20T19:05:00+00:00")
    assert read("2026-11-21", received_at=None) == Cleaned("2026-11-21T05:00:00+00:00")


def test_the_order_is_that_of_the_column():
    assert read("05/06/2026", DAY) == Cleaned("2026-06-05T04:00:00+00:00")
    assert read("05/06/2026", MONTH) == Cleaned("2026-05-06T04:00:00+00:00")


def test_a_column_with_both_orders_is_read_where_the_order_does_not_matter():
    assert read("2026-06-05", None) == read("5 June 2026", None) == Cleaned("2026-06-05T04:00:00+00:00")
    assert read("06/06/2026", None) == Cleaned("2026-06-06T04:00:00+00:00")
    for value in ("05/06/2026", "25/06/2026", "06/25/2026"):
        assert read(value, None).code == "unreadable_date"
    assert read("never", None).code == "unreadable_date"
