"""How the portal writes numbers, times, sizes and money, in the reader's locale."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from flask_babel import force_locale

from webapp.fab.formats import (
    DASH,
    cell,
    clock,
    counted,
    distance,
    duration,
    exactly,
    money,
    number,
    size,
)

NOW = datetime(2026, 11, 21, 15, 40, tzinfo=UTC)


@pytest.fixture(params=["en"], autouse=True)
def locale(app, request):
    with app.test_request_context("/"), force_locale(request.param):
        yield


french = pytest.mark.parametrize("locale", ["fr"], indirect=True)
vietnamese = pytest.mark.parametrize("locale", ["vi"], indirect=True)


def plain(text):
    """The text with ordinary instead of no-break spaces."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (-30, "just now"), (30, "in a moment"), (-60, "1 minute ago"), (25 * 60, "in 25 minutes"), (-7200, "2 hours ago"),
     (59 * 60, "in 59 minutes"), (-86400, "1 day ago"), (-90 * 86400, "3 months ago")],
)  # fmt: skip
def test_a_distance(seconds, words):
    assert distance(NOW + timedelta(seconds=seconds), NOW) == words


def test_a_clock_names_its_zone_and_the_day_unless_it_is_today():
    assert clock(NOW, "Europe/Paris", NOW) == "16:40 CET"
    assert clock(NOW - timedelta(days=2), "Europe/Paris", NOW) == "Nov 19, 16:40 CET"
    assert clock(NOW - timedelta(days=400), "America/New_York", NOW) == "Oct 17, 2025, 11:40 EDT"
    assert clock(NOW, "Asia/Ho_Chi_Minh", NOW) == "22:40 GMT+07:00", "a zone without a name"
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert clock(late, "Europe/Paris", NOW).startswith("Nov 22, 00:30"), "the reader's date decides, not ours"


def test_a_moment_exactly():
    assert exactly(NOW, "Europe/Paris") == "Nov 21, 2026, 16:40:00 CET"
    assert exactly(None, "UTC") == DASH


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0 sec"), (0.44, "0.4 sec"), (9.96, "10 sec"), (12.2, "12 sec"), (200, "3 min 20 sec"), (7500, "2 hr 5 min")],
)  # fmt: skip
def test_a_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 byte"), (900, "900 bytes"), (2048, "2 kB"), (148_213, "145 kB"), (1_500_000, "1.4 MB"), (209_715_200, "200 MB")],
)  # fmt: skip
def test_a_size(count, words):
    assert size(count) == words


def test_numbers_and_money():
    assert number(None) == DASH
    assert number(1234567) == "1,234,567"
    assert counted(1, "row") == "1 row"
    assert counted(1000, "row") == "1,000 rows"
    assert money(128450, "USD") == "$1,284.50"
    assert plain(money(128450, "UGX")) == "UGX 128,450"
    assert plain(money(128450, "KWD")) == "KWD 128.450"


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, DASH), (1234, "1,234"), (Decimal("1234.5"), "1,234.5"), (date(2026, 11, 21), "Nov 21, 2026"), ("1234", "1234"), (True, "yes"),
     (["b", "a"], "a, b"), ([], DASH)],
)  # fmt: skip
def test_a_cell_is_formatted_by_its_type(value, written):
    assert cell(value) == written


def test_a_moment_without_a_zone_is_in_local_time(monkeypatch):
    monkeypatch.setattr("webapp.fab.formats.viewer", lambda: SimpleNamespace(time_zone="UTC"))
    moment = datetime.now(UTC).astimezone()
    assert cell(moment.replace(tzinfo=None)) == cell(moment)


@french
def test_in_french():
    assert plain(number(1234567)) == "1 234 567"
    assert plain(money(128450, "EUR")) == "1 284,50 €"
    assert plain(money(12345, "XOF")) == "12 345 F CFA"
    assert clock(NOW - timedelta(days=2), "Europe/Paris", NOW) == "19 nov., 16:40 CET"
    assert distance(NOW - timedelta(hours=2), NOW) == "il y a 2 heures"
    assert plain(size(1_500_000)) == "1,4 Mo"
    assert plain(duration(200)) == "3 min 20 s"


@vietnamese
def test_in_vietnamese():
    assert number(1234567) == "1.234.567"
    assert plain(money(128450, "VND")) == "128.450 ₫"
    assert distance(NOW - timedelta(hours=2), NOW) == "2 giờ trước"
    assert clock(NOW, "Asia/Ho_Chi_Minh", NOW) == "22:40 GMT+07:00"
