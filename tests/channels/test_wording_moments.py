import pytest

from pipelines.channels.wording.moments import clock, day, full_date, locale, table
from pipelines.domain.gsm import parts


@pytest.mark.parametrize(
    ("language", "as_day", "as_date", "as_clock"),
    [
        ("en", "Tuesday, November 24", "November 24, 2026", "2:30 PM"),
        ("en-GB", "Tuesday, 24 November", "24 November 2026", "14:30"),
        ("fr", "mardi 24 novembre", "24 novembre 2026", "14:30"),
        ("es", "martes, 24 de noviembre", "24 de noviembre de 2026", "14:30"),
        ("de", "Dienstag, 24. November", "24. November 2026", "14:30"),
        ("da", "tirsdag den 24. november", "24. november 2026", "14.30"),
        ("hu", "november 24., kedd", "2026. november 24.", "14:30"),
        ("lv", "otrdiena, 24. novembris", "2026. gada 24. novembris", "14:30"),
        ("ko", "11월 24일 화요일", "2026년 11월 24일", "PM 2:30"),
        ("zh", "11月24日星期二", "2026年11月24日", "14:30"),
    ],
)
def test_a_moment_in_the_language_of_the_message(language, as_day, as_date, as_clock):
    assert day("2026-11-24 14:30", language) == as_day
    assert full_date("2026-11-24 14:30", language) == as_date
    assert clock("2026-11-24 14:30", language) == as_clock


def test_a_date_without_a_time_has_no_clock():
    assert clock("2026-11-24", "en") == ""
    assert day("2026-11-24", "en") == "Tuesday, November 24"


@pytest.mark.parametrize("hour", range(24))
def test_english_times_stay_in_the_cheap_alphabet(hour):
    """The CLDR writes a narrow no-break space before AM and PM, which GSM-7 does not have."""
    assert parts(clock(f"2026-11-24 {hour:02}:05", "en")).encoding == "GSM-7"


@pytest.mark.parametrize("tag", ["fr-XX", "fr_CA", "FR"])
def test_a_tag_that_is_not_known_falls_back_to_its_language(tag):
    assert locale(tag).language == "fr"


@pytest.mark.parametrize("tag", ["", "xx", "english", "e n", "../en"])
def test_no_such_language(tag):
    with pytest.raises(ValueError, match="there is no language"):
        locale(tag)


def test_a_table_has_each_date_and_each_time_once():
    locals_ = ["2026-11-24 09:00", "2026-11-24 14:30", "2026-11-25 09:00"]
    assert table("day", locals_, "fr") == {
        "2026-11-24": "mardi 24 novembre",
        "2026-11-25": "mercredi 25 novembre",
    }
    assert table("clock", locals_, "en") == {"09:00": "9:00 AM", "14:30": "2:30 PM"}
