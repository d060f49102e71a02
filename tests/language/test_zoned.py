"""A moment in a sentence has the name of its time zone."""

from datetime import UTC, datetime

import pytest
from babel import Locale

from pipelines.language.zoned import shown, zoned

WINTER, SUMMER = datetime(2026, 11, 24, 14, tzinfo=UTC), datetime(2026, 7, 1, 14, tzinfo=UTC)


def test_the_param_keeps_the_zone():
    assert zoned(WINTER, "America/New_York") == "2026-11-24T09:00:00-05:00[America/New_York]"


@pytest.mark.parametrize(
    ("moment", "zone", "language", "words"),
    [
        (WINTER, "America/New_York", "en", "Nov 24, 2026, 9:00\u202fAM EST"),
        (SUMMER, "America/New_York", "en", "Jul 1, 2026, 10:00\u202fAM EDT"),
        (WINTER, "America/New_York", "fr", "24 nov. 2026, 09:00 HNE"),
        (WINTER, "UTC", "vi", "14:00 UTC 24 thg 11, 2026"),
        (WINTER, "Europe/Paris", "fr", "24 nov. 2026, 15:00 UTC+01:00"),
        (WINTER, "America/St_Johns", "en", "Nov 24, 2026, 10:30\u202fAM UTC-03:30"),
    ],
)
def test_it_is_shown_with_its_name_or_its_distance_from_utc(moment, zone, language, words):
    assert shown(zoned(moment, zone), Locale.parse(language)) == words


def test_a_moment_without_its_zone_is_refused():
    with pytest.raises(ValueError, match="is not a moment with its zone"):
        shown("2026-11-24T09:00:00-05:00", Locale.parse("en"))
