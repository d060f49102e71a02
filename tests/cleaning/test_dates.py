"""Dates of a column, read in one order that the column itself shows."""
# ruff: noqa: RUF001 -- letters of other scripts are what is tested

from datetime import date

import pytest

from pipelines.cleaning.dates import Evidence, Order, decide, parse_date
from pipelines.cleaning.rule import Problem
from pipelines.errors import StepFailed
from pipelines.language import say

DAY, MONTH = Order.DAY_FIRST, Order.MONTH_FIRST


def evidence(*dates):
    column = Evidence()
    for text in dates:
        column.add(text)
    return column


def test_evidence_is_a_date_that_can_be_read_in_only_one_way():
    column = evidence(
        "31/03/2027", "03/31/2027", "03/04/2027", "05/05/2027", "2027-03-31", "31 mars 2027", "13/13/2027"
    )
    assert (column.day_first, column.month_first, column.either) == (1, 1, 1)


def test_evidence_counts_rows():
    column = Evidence()
    column.add("31/03/2027", 40)
    assert column.day_first == 40


@pytest.mark.parametrize(
    ("dates", "region", "order"), [(["31/03/2027"], "US", DAY), (["03/31/2027"], "FR", MONTH)]
)
def test_dates_override_the_region(dates, region, order):
    reading = decide(evidence(*dates, "03/04/2027"), region)
    assert (reading.order, reading.shown, reading.note) == (order, True, None)


@pytest.mark.parametrize(("region", "order"), [("US", MONTH), ("FR", DAY), ("GB", DAY), ("PH", MONTH)])
def test_without_evidence_the_region_decides_and_the_note_says_so(region, order):
    reading = decide(evidence("03/04/2027"), region)
    assert (reading.order, reading.shown) == (order, False)
    assert region in say(reading.note)


def test_without_evidence_the_feeds_earlier_order_overrides_the_region():
    reading = decide(evidence("03/04/2027"), "US", DAY)
    assert reading.order is DAY
    assert "as before" in say(reading.note)


def test_unambiguous_dates_need_no_note():
    assert decide(evidence("2027-03-31", "05/05/2027"), "US").note is None


def test_mixed_evidence_is_refused():
    with pytest.raises(StepFailed, match="mixed") as failure:
        decide(evidence("31/03/2027", "03/31/2027"), "US")
    assert failure.value.code == "mixed_dates"


def test_a_rare_typing_error_does_not_stop_a_packet():
    column = evidence(*["31/03/2027"] * 200, "03/31/2027")
    assert decide(column, "US").order is DAY
    column.month_first = 3
    with pytest.raises(StepFailed):
        decide(column, "US")


def test_a_feed_that_changes_its_date_order_is_stopped():
    with pytest.raises(StepFailed) as failure:
        decide(evidence("31/03/2027"), "US", MONTH)
    assert failure.value.code == "date_order_changed"


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-31", "2027/3/31", "20270331", "31/03/2027", "31.3.27", "31-03-2027", "31 03 2027", "31 mars 2027", "31 de marzo de 2027",
        "31-Mar-27", "March 31st, 2027", "Mar 31 2027", "mercredi 31 mars 2027", "miércoles, 31 de marzo de 2027", "31er mars 2027", "46477",
    ],
)  # fmt: skip
def test_usual_notations(text):
    assert parse_date(text, DAY) == date(2027, 3, 31)


def test_the_order_decides_which_number_is_the_month():
    assert parse_date("03/04/2027", DAY) == date(2027, 4, 3)
    assert parse_date("03/04/2027", MONTH) == date(2027, 3, 4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "impossible_date"),
        ("31/04/2027", "impossible_date"),
        ("13/13/2027", "impossible_date"),
        ("0001-01-01", "impossible_date"),
        ("tomorrow", "unreadable_date"),
        ("31/03", "unreadable_date"),
        ("310327", "unreadable_date"),
        ("99999", "unreadable_date"),
        ("31 brumaire 2027", "unreadable_date"),
        ("", "unreadable_date"),
        ("٣١/٠٣/٢٠٢٧x", "unreadable_date"),
    ],
)
def test_values_that_are_not_dates(text, code):
    problem = parse_date(text, DAY)
    assert isinstance(problem, Problem)
    assert problem.code == code
