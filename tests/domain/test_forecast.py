"""When a packet will be all out: rates, hours, days and deadlines."""

from itertools import accumulate
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domain.forecast import DAY, Forecast, Hours, Pace, Work, fair_share, forecast

HOUR = 3_600.0
DAILY = Hours([day * DAY + 2 * HOUR for day in range(3)], [day * DAY + 4 * HOUR for day in range(3)])


@pytest.mark.parametrize(
    ("works", "pace", "seconds", "late"),
    [
        ([], Pace(10), None, 0),
        ([Work(100)], Pace(10), 10, 0),
        ([Work(100, opens=HOUR)], Pace(10), HOUR + 10, 0),
        ([Work(100), Work(100, opens=5)], Pace(10), 20, 0),
        # The hours end after 4 s: 40 messages go, and 60 in the next span, which is not as short as the rest of this one.
        ([Work(100, closes=4, hours=DAILY)], Pace(10), 2 * HOUR + 6, 0),
        # The spans are two hours long: 40 s, 2 h, and what is left on the day after.
        ([Work(100, closes=40, hours=DAILY)], Pace(1 / 100), DAY + 2 * HOUR + 2_760, 0),
        # The hours ended before anybody came.
        ([Work(10, opens=-2 * HOUR, closes=-HOUR, hours=DAILY)], Pace(10), 2 * HOUR + 1, 0),
        # Nothing goes until three hours from now, for another reason.
        ([Work(10, opens=3 * HOUR, closes=4, hours=DAILY)], Pace(10), 3 * HOUR + 1, 0),
        ([Work(10, opens=5 * HOUR, closes=4, hours=DAILY)], Pace(10), DAY + 2 * HOUR + 1, 0),
        # After the last span, dispatch expires what is left.
        ([Work(100, closes=4, hours=Hours([HOUR], [HOUR + 3]))], Pace(10), HOUR + 3, 30),
        ([Work(100, closes=4)], Pace(10), 4, 60),
        ([Work(10, opens=-2 * HOUR, closes=-HOUR)], Pace(10), None, 10),
        # Only 40 go before the deadline.
        ([Work(100, expires=4)], Pace(10), 4, 60),
        # The nearest deadline goes first, so nothing is late, whatever the order of the list.
        ([Work(50), Work(50, expires=5)], Pace(10), 10, 0),
        # The deadline of the messages that become due later is nearer: they go at once.
        ([Work(100), Work(10, opens=3, expires=4)], Pace(10), 11, 0),
        # A day's cap: 30 today, 50 tomorrow, 20 the day after.
        ([Work(100)], Pace(10, per_day=50, left_today=30, day_ends=HOUR), HOUR + DAY + 2, 0),
        ([Work(100, expires=2 * HOUR)], Pace(10, per_day=50, left_today=30, day_ends=HOUR), HOUR + 5, 20),
        # No day's cap is ever large enough for one message.
        ([Work(100)], Pace(10, per_day=0.5, left_today=0.5), None, 0),
        ([Work(100, expires=9 * DAY)], Pace(10, per_day=0.5, left_today=0), None, 100),
        ([Work(100)], Pace(0), None, 0),
        ([Work(100, expires=5)], Pace(0), None, 100),
        ([Work(100, opens=10, expires=5)], Pace(10), None, 100),
    ],
)
def test_the_arithmetic(works, pace, seconds, late):
    found = forecast(works, pace)
    assert found.late == late
    assert found.seconds == (None if seconds is None else pytest.approx(seconds))


works = st.builds(
    Work,
    messages=st.integers(1, 500),
    opens=st.floats(0, 3 * DAY),
    closes=st.just(inf),
    expires=st.one_of(st.just(inf), st.floats(1, 4 * DAY)),
)


@given(st.lists(works, max_size=6), st.floats(0.01, 100), st.integers(1, 300))
def test_it_ends_never_too_early_and_loses_nothing(items, rate, per_day):
    total = sum(work.messages for work in items)
    last = max((work.opens for work in items if work.expires == inf), default=0)
    found = forecast(items, Pace(rate, per_day=per_day, left_today=per_day, day_ends=DAY))
    assert 0 <= found.late <= total
    sent = total - found.late
    assert (found.seconds or 0) >= (sent - 1) / rate * 0.99 - 1e-6
    assert (found.seconds or 0) >= last - 1e-6
    assert (found.seconds or 0) >= (sent // per_day - 1) * DAY - 1e-6


@given(st.lists(works, max_size=6), st.floats(0.01, 100))
def test_a_faster_pace_is_never_later(items, rate):
    copies = [Work(work.messages, work.opens, work.closes, work.expires) for work in items]
    slow, fast = forecast(items, Pace(rate)), forecast(copies, Pace(rate * 2))
    assert fast.late <= slow.late + len(items)  # rounded
    if slow.late == fast.late == 0:
        assert (fast.seconds or 0) <= (slow.seconds or 0) + 1e-6


@given(
    st.floats(0.001, 0.1),
    st.integers(1, 3_000),
    st.lists(st.tuples(st.floats(60, DAY), st.floats(60, DAY)), min_size=1, max_size=9),
)
def test_everything_goes_inside_the_hours(rate, messages, lengths):
    """Compared with the time that the hours have until the end."""
    edges = list(accumulate(length for pair in lengths for length in pair))
    hours = Hours(edges[::2], edges[1::2])
    found = forecast([Work(messages, hours.opens[0], hours.closes[0], hours=hours)], Pace(rate))
    end = found.seconds
    assert any(opens <= end <= closes + 1 for opens, closes in zip(hours.opens, hours.closes, strict=True))
    open_until_then = sum(
        max(0, min(end, closes) - opens) for opens, closes in zip(hours.opens, hours.closes, strict=True)
    )
    assert messages - found.late == pytest.approx(rate * open_until_then, abs=0.6)


def test_a_fair_share():
    assert fair_share(20, []) == 1
    assert fair_share(20, [200_000]) == 0.5
    assert fair_share(200_000, [20]) == pytest.approx(1, abs=0.001)
    assert fair_share(0, [5]) == 1
    assert forecast([Work(1)], Pace(1)) == Forecast(1, 0)
