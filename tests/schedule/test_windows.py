"""Hours, weekdays and holidays in the zones of the person: never outside, in every zone of interest, across the clock changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domain.schedule import DAY, Window
from pipelines.schedule.holidays import holidays_of, knows
from pipelines.schedule.moments import moment_of
from pipelines.schedule.places import LONG, SHORT, is_known, long_heads, zones_of
from pipelines.schedule.windows import spans

ZONES = [
    "America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu", "Europe/Paris", "Europe/London",
    "Asia/Ho_Chi_Minh", "Africa/Abidjan", "Africa/Lagos", "Australia/Sydney", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
    "America/St_Johns", "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Pacific/Chatham",
]  # fmt: skip
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
EVENING = Window(9 * 60, 20 * 60)
SATURDAY = 5


def opened(zone, window, country="US", first=FIRST, last=LAST):
    return spans((zone,), window, country, first, last)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_on_every_day_of_two_years_the_hours_are_those_on_the_local_clock(zone):
    local = ZoneInfo(zone)
    found = opened(zone, EVENING)
    assert len(found) == (LAST - FIRST).days + 1
    for span in found:
        opens, closes = span.opens.astimezone(local), span.closes.astimezone(local)
        assert (opens.hour, opens.minute, closes.hour, closes.minute) == (9, 0, 20, 0)
        assert opens.date() == closes.date()


@pytest.mark.parametrize("zone", ZONES)
def test_a_window_without_hours_is_one_span_even_across_clock_changes(zone):
    [span] = opened(zone, Window(0, DAY))
    assert span.opens == moment_of(datetime.fromisoformat("2026-01-01"), zone)
    assert span.closes == moment_of(datetime.fromisoformat("2028-01-01"), zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("begin", "end"), [(0, 3 * 60), (60, 150), (120, 180), (22 * 60, DAY)])
def test_hours_in_the_night_are_kept_on_the_nights_of_clock_changes(zone, begin, end):
    local = ZoneInfo(zone)
    for span in opened(zone, Window(begin, end)):
        moment = span.opens
        while moment < span.closes:
            clock = moment.astimezone(local)
            # A time that the clock change skips has become later by as much.
            late = (
                clock.utcoffset() - (clock - timedelta(hours=3)).astimezone(UTC).astimezone(local).utcoffset()
            )
            minute = clock.hour * 60 + clock.minute
            assert begin <= minute < end + max(0, late // timedelta(minutes=1)), (zone, clock)
            moment += timedelta(minutes=10)


def test_only_the_weekdays_and_never_a_holiday():
    window = Window(480, 1260, weekdays=frozenset(range(SATURDAY)), skips_holidays=True)
    days = {
        span.opens.astimezone(ZoneInfo("America/New_York")).date()
        for span in opened("America/New_York", window)
    }
    assert all(day.weekday() < SATURDAY for day in days)
    assert date(2026, 12, 24) in days
    assert not days & {date(2026, 12, 25), date(2026, 11, 26), date(2027, 1, 1), date(2026, 7, 3)}


def test_holidays_are_those_of_the_country_and_its_subdivision():
    assert date(2026, 7, 14) in holidays_of("FR", None, 2026)
    assert date(2026, 7, 14) not in holidays_of("US", None, 2026)
    assert date(2026, 3, 31) in holidays_of("US", "CA", 2026)  # Cesar Chavez Day
    assert date(2026, 3, 31) not in holidays_of("US", None, 2026)
    assert knows("VN")
    assert not knows("XX")
    assert not knows("US", "QC")


def test_a_window_may_name_another_country_than_the_clients():
    window = Window(480, 1260, skips_holidays=True, country="FR")
    days = {span.opens.date() for span in opened("UTC", window, country="US")}
    assert date(2026, 7, 14) not in days
    assert date(2026, 7, 4) in days


def test_several_possible_zones_have_only_the_hours_in_common():
    both = spans(
        ("America/Los_Angeles", "America/New_York"), EVENING, "US", date(2026, 12, 1), date(2026, 12, 1)
    )
    assert both == ((utc("2026-12-01T17:00"), utc("2026-12-02T01:00")),)
    morning = Window(9 * 60, 12 * 60)
    assert (
        spans(("America/Los_Angeles", "Europe/London"), morning, "US", date(2026, 12, 1), date(2026, 12, 9))
        == ()
    )


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple),
    begin=st.integers(0, DAY - 60),
    length=st.integers(60, DAY),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    skips=st.booleans(),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    seconds=st.integers(0, 14 * 86_400),
)
@settings(max_examples=300, deadline=None)
def test_no_span_is_outside_the_window_of_any_zone_and_no_allowed_moment_is_missed(
    zones, begin, length, weekdays, skips, day, seconds
):
    """Checked against the local clock of each zone at any moment that is not within three hours of a clock change."""
    window = Window(begin, min(DAY, begin + length), weekdays, skips)
    found = spans(zones, window, "US", day - timedelta(days=2), day + timedelta(days=16))
    assert all(one.closes < other.opens for one, other in pairwise(found))
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    if any(_changes(zone, moment) for zone in zones):
        return
    inside = any(span.opens <= moment < span.closes for span in found)
    assert inside == all(_allowed(zone, window, moment) for zone in zones)


def _changes(zone, moment):
    near = [moment + timedelta(hours=hours) for hours in (-24, 24)]
    return len({one.astimezone(ZoneInfo(zone)).utcoffset() for one in near}) > 1


def _allowed(zone, window, moment):
    clock = moment.astimezone(ZoneInfo(zone))
    holiday = window.skips_holidays and clock.date() in holidays_of("US", None, clock.year)
    in_hours = window.begin <= clock.hour * 60 + clock.minute < window.end
    return in_hours and clock.weekday() in window.weekdays and not holiday


@pytest.mark.parametrize(
    ("place", "zones"),
    [
        ("", ("Europe/Paris",)),
        ("Asia/Kathmandu", ("Asia/Kathmandu",)),
        ("+1212", ("America/New_York",)),
        ("+1602", ("America/Phoenix",)),
        ("+3361", ("Europe/Paris",)),
        ("+8491", ("Asia/Ho_Chi_Minh",)),
        ("+9999", ("Europe/Paris",)),
    ],
)
def test_where_a_person_may_be(place, zones):
    assert zones_of(place, "Europe/Paris") == zones


def test_the_first_digits_give_at_least_the_zones_of_the_whole_number():
    """Every prefix of the library: a shorter beginning of the number may say more zones, never fewer."""
    from phonenumbers.tzdata import TIMEZONE_DATA

    heads = set(long_heads())
    for prefix, zones in TIMEZONE_DATA.items():
        number = f"+{prefix}"
        place = number[: (LONG if number[: SHORT + 1] in heads else SHORT) + 1]
        assert set(filter(is_known, zones)) <= set(zones_of(place, "UTC")) or len(prefix) < SHORT
