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
    found = Evidence()
    for text in dates:
        found.add(text)
    return found


def test_evidence_is_what_can_be_read_in_one_way_only():
    found = evidence(
        "31/03/2027", "03/31/2027", "03/04/2027", "05/05/2027", "2027-03-31", "31 mars 2027", "13/13/2027"
    )
    assert (found.day_first, found.month_first, found.either) == (1, 1, 1)


def test_evidence_counts_rows():
    found = Evidence()
    found.add("31/03/2027", 40)
    assert found.day_first == 40


@pytest.mark.parametrize(
    ("dates", "region", "order"), [(["31/03/2027"], "US", DAY), (["03/31/2027"], "FR", MONTH)]
)
def test_the_dates_decide_before_the_region(dates, region, order):
    reading = decide(evidence(*dates, "03/04/2027"), region)
    assert (reading.order, reading.shown, reading.note) == (order, True, None)


@pytest.mark.parametrize(("region", "order"), [("US", MONTH), ("FR", DAY), ("GB", DAY), ("PH", MONTH)])
def test_without_evidence_the_region_decides_and_says_so(region, order):
    reading = decide(evidence("03/04/2027"), region)
    assert (reading.order, reading.shown) == (order, False)
    assert region in say(reading.note)


def test_without_evidence_the_feeds_memory_comes_before_the_region():
    reading = decide(evidence("03/04/2027"), "US", DAY)
    assert reading.order is DAY
    assert "as before" in say(reading.note)


def test_dates_that_nobody_can_misread_need_no_sentence():
    assert decide(evidence("2027-03-31", "05/05/2027"), "US").note is None


def test_mixed_evidence_is_refused():
    with pytest.raises(StepFailed, match="mixed") as failure:
        decide(evidence("31/03/2027", "03/31/2027"), "US")
    assert failure.value.code == "mixed_dates"


def test_a_rare_slip_does_not_stop_a_packet():
    found = evidence(*["31/03/2027"] * 200, "03/31/2027")
    assert decide(found, "US").order is DAY
    found.month_first = 3
    with pytest.raises(StepFailed):
        decide(found, "US")


def test_a_feed_that_turns_its_dates_around_is_stopped():
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
def test_usual_writings(text):
    assert parse_date(text, DAY) == date(2027, 3, 31)


def test_the_order_turns_a_date():
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
def test_what_is_no_date(text, code):
    problem = parse_date(text, DAY)
    assert isinstance(problem, Problem)
    assert problem.code == code
