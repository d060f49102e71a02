"""Times of day, and moments around clock changes."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cleaning.rule import Order, Problem
from pipelines.cleaning.times import Moment, clean_moment, parse_time, split_moment

NEW_YORK, PARIS = ZoneInfo("America/New_York"), ZoneInfo("Europe/Paris")


def moment(date_text, time_text="", zone=PARIS, order=Order.DAY_FIRST):
    return clean_moment(date_text, time_text, order, zone)


@pytest.mark.parametrize(
    "text",
    [
        "14:30",
        "14:30:00",
        "14.30",
        "14h30",
        "14 h 30",
        "1430",
        "2:30 PM",
        "2.30pm",
        "2:30 p.m.",
        "02:30PM",
        "0.604166667",
        "14:30h",
    ],
)
def test_usual_notations(text):
    assert parse_time(text) == time(14, 30)


@pytest.mark.parametrize(
    ("text", "hour"), [("12 am", 0), ("12 pm", 12), ("9am", 9), ("14h", 14), ("9:05", 9)]
)
def test_hours(text, hour):
    assert parse_time(text).hour == hour


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("24:00", "impossible_time"),
        ("25:61", "impossible_time"),
        ("13 pm", "impossible_time"),
        ("9", "unreadable_time"),
        ("noonish", "unreadable_time"),
    ],
)
def test_values_that_are_not_times(text, code):
    problem = parse_time(text)
    assert isinstance(problem, Problem)
    assert problem.code == code


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2027-03-31 14:30", ("2027-03-31", "14:30")),
        ("2027-03-31T14:30:00Z", ("2027-03-31", "14:30:00Z")),
        ("31/03/2027 à 14h30", ("31/03/2027", "14h30")),
        ("March 31, 2027, 2:30 PM", ("March 31, 2027", "2:30 PM")),
        ("31.12.2027 14.30", ("31.12.2027", "14.30")),
        ("46477.5", ("46477", "0.5")),
        ("2027-03-31", ("2027-03-31", "")),
        ("12 03 2027", ("12 03 2027", "")),
    ],
)
def test_a_cell_with_date_and_time_is_split(text, parts):
    assert split_moment(text) == parts


def test_a_moment_in_its_zone():
    assert moment("31/03/2027", "14:30") == Moment(
        datetime(2027, 3, 31, 12, 30, tzinfo=UTC), "2027-03-31 14:30"
    )
    assert moment("31/03/2027 14:30") == moment("2027-03-31", "2:30 pm")


def test_a_date_without_a_time_is_the_start_of_the_day():
    assert moment("31/03/2027") == Moment(datetime(2027, 3, 30, 22, tzinfo=UTC), "2027-03-31")
    assert moment("2027-03-31 00:00:00") == moment("31/03/2027")
    assert moment("2027-03-31 00:00:00", "9:15").local_at == "2027-03-31 09:15"


def test_a_time_with_an_offset_is_taken_literally():
    assert moment("2027-03-31T09:00-04:00").contact_at == datetime(2027, 3, 31, 13, tzinfo=UTC)
    assert moment("2027-03-31T09:00:00Z").local_at == "2027-03-31 11:00"


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("2027-03-31 09:00:00-04:00", 13),
        ("2027-03-31 09:00:00.000 -0400", 13),
        ("20270331T09:00-12:00", 21),
        ("2027-03-31T15:00+14:00", 1),
    ],
)
def test_an_iso_moment_has_an_offset(cell, hour):
    assert moment(cell).contact_at == datetime(2027, 3, 31, hour, tzinfo=UTC)


@pytest.mark.parametrize("before", ["", "2030-05-14 ", "14/05/2030 ", "May 14, 2030, "])
@pytest.mark.parametrize(
    "clock",
    [
        *(
            "10:00-11:30",
            "10:00 - 11:30",
            "10:00 -11:30",
            "10:00\N{EN DASH}11:30",
            "10:00-1130",
            "09.00-09:30",
        ),
        *("08:00-24:00", "8:00-12:75", "10:00+14:30", "10:00+99:99"),
    ],
)
def test_a_range_of_times_is_no_offset(before, clock):
    """The date may say so in its own cell, or with a midnight that an export added."""
    cells = [(before + clock, "")] if before else [("2030-05-14", clock), ("2030-05-14T00:00:00", clock)]
    for date_text, time_text in cells:
        field, problem = moment(date_text, time_text, NEW_YORK)
        assert (field, problem.code) == ("contact_time", "unreadable_time")


@pytest.mark.parametrize(
    "cell",
    [
        *("2030-05-14T08:00-24:00", "2030-05-14 08:00:00-12:01", "2030-05-14T08:00+14:01"),
        *(
            "2030-05-14T10:00-11:30",
            "2030-05-14 10:00:00-11:30",
            "2030-05-14T10:00+11:30",
            "2030-05-14 10:00+11:30",
        ),
    ],
)
def test_no_clock_has_such_an_offset(cell):
    assert moment(cell)[1].code == "unreadable_time"


def test_every_offset_that_a_zone_has_is_one():
    """Also those of both clock changes."""
    zones = [ZoneInfo(name) for name in available_timezones()]
    for noon in (datetime(2027, 1, 1, 12, tzinfo=UTC), datetime(2027, 7, 1, 12, tzinfo=UTC)):
        for local in {f"{noon.astimezone(zone):%Y-%m-%dT%H:%M%z}" for zone in zones}:
            assert moment(local).contact_at == noon


@pytest.mark.parametrize(("date_text", "zone"), [("2027-03-28", PARIS), ("2027-03-14", NEW_YORK)])
@pytest.mark.parametrize("clock", ["02:00", "02:30", "2.59 am"])
def test_a_skipped_time_is_not_guessed(date_text, zone, clock):
    field, problem = moment(date_text, clock, zone)
    assert (field, problem.code) == ("contact_time", "skipped_time")
    assert moment(f"{date_text} {clock}", zone=zone) == (field, problem)


@pytest.mark.parametrize("clock", ["01:59", "03:00"])
def test_times_next_to_a_gap_exist(clock):
    assert moment("2027-03-28", clock).local_at == f"2027-03-28 {clock}"


def test_a_date_whose_midnight_is_skipped_is_valid():
    santiago = ZoneInfo("America/Santiago")
    assert moment("2026-09-06", "", santiago).local_at == "2026-09-06"
    assert moment("2026-09-06", "00:15", santiago)[1].code == "skipped_time"


def test_a_time_with_an_offset_is_never_in_a_gap():
    assert moment("2027-03-28T02:30+01:00").local_at == "2027-03-28 03:30"


def test_a_repeated_time_means_its_first_occurrence():
    assert moment("2027-11-07", "01:30", NEW_YORK) == Moment(
        datetime(2027, 11, 7, 5, 30, tzinfo=UTC), "2027-11-07 01:30", "dst_overlap"
    )


def test_the_wrong_part_is_named():
    assert moment("30/02/2027", "9:00")[0] == "contact_date"
    field, problem = moment("28/02/2027", "25:00")
    assert (field, problem.code) == ("contact_time", "impossible_time")


@given(
    st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01")),
    st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kathmandu"]),
)
def test_the_local_text_is_the_moment_on_the_zones_clock(wall, zone):
    result = moment(f"{wall:%Y-%m-%d}", f"{wall:%H:%M}", ZoneInfo(zone))
    if isinstance(result, Moment):
        assert result.contact_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") == result.local_at
        assert result.local_at == f"{wall:%Y-%m-%d %H:%M}"
    else:
        assert result[1].code == "skipped_time"


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_text_is_handled(date_text, time_text):
    result = moment(date_text, time_text)
    assert isinstance(result, Moment | tuple)


PIECES = [*"0123456789:+-. hTZz", "\N{EN DASH}", "\N{ARABIC-INDIC DIGIT THREE}", "am", "pm", "a.m."]
CLOCKS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.from_regex(
    r"[01]\d:?[0-5]\d(:[0-5]\d)? ?[-+]\d\d:?\d\d", fullmatch=True
)


@given(CLOCKS)
def test_any_clock_is_handled(clock):
    for date_text, time_text in [
        ("2030-05-14", clock), (f"2030-05-14 {clock}", ""), (f"2030-05-14T{clock}", ""), (clock, ""), (clock, clock)
    ]:  # fmt: skip
        assert isinstance(moment(date_text, time_text), Moment | tuple)
