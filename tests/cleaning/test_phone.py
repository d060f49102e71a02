"""Phone numbers by the rules of a region."""

import pytest

from pipelines.cleaning.phone import clean
from pipelines.cleaning.rule import Cleaned, Problem, Setting
from pipelines.language import Sentence, say


def cleaned(value, region):
    return clean(value, Setting(region, "en", "UTC"))


@pytest.mark.parametrize(
    ("value", "region", "e164"),
    [
        ("(212) 555-2368", "US", "+12125552368"),
        ("1-212-555-2368", "US", "+12125552368"),
        ("+33 6 12 34 56 78", "US", "+33612345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),  # a spreadsheet removed the zero
        ("33612345678", "FR", "+33612345678"),  # or the plus
        ("0033612345678", "FR", "+33612345678"),
        ("+44 (0)7911 123456", "GB", "+447911123456"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("0151/23456789", "DE", "+4915123456789"),
        ("2125552368.0", "US", "+12125552368"),
        ("\u202a+1 212 555 2368\u202c", "US", "+12125552368"),
    ],
)
def test_mobile_numbers(value, region, e164):
    result = cleaned(value, region)
    assert isinstance(result, Cleaned)
    assert (result.value, result.note, result.can_text) == (e164, None, True)


@pytest.mark.parametrize(
    ("value", "region", "e164"),
    [("01 40 20 50 50", "FR", "+33140205050"), ("020 7946 0958", "GB", "+442079460958")],
)
def test_a_landline_is_kept_but_gets_no_text(value, region, e164):
    assert cleaned(value, region) == Cleaned(e164, note="landline", can_text=False, country=region)


@pytest.mark.parametrize(
    ("value", "region", "code"),
    [
        ("6.12E+08", "FR", "excel_number"),
        ("6,12345E+11", "FR", "excel_number"),
        ("0612345678 / 0698765432", "FR", "two_numbers"),
        ("06 12 34 56 78 ou 06 98 76 54 32", "FR", "two_numbers"),
        ("212-555-2368 x12", "US", "extension"),
        ("212-555-2368 ext. 4", "US", "extension"),
        ("call my wife", "US", "not_a_phone"),
        ("1-800-FLOWERS", "US", "not_a_phone"),
        ("-", "US", "not_a_phone"),
        ("112", "FR", "short_number"),
        ("911", "US", "short_number"),
        ("15", "FR", "short_number"),
        ("31003", "FR", "short_number"),
        ("0899 12 34 56", "FR", "service_number"),
        ("1-800-356-9377", "US", "service_number"),
        ("1-900-555-0123", "US", "service_number"),
        ("123 456 7890", "US", "impossible_number"),
        ("+33 6 12", "FR", "short_number"),
        ("06 12 34 56 789", "FR", "impossible_number"),
    ],
)
def test_numbers_that_are_never_used(value, region, code):
    problem = cleaned(value, region)
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert value not in say(Sentence(problem.code, problem.params))


def test_short_numbers_of_a_small_country_are_valid():
    assert cleaned("40123", "AC") == Cleaned("+24740123", can_text=True, country="AC")


@pytest.mark.parametrize(
    ("value", "region", "country"),
    [
        ("+44 7911 123456", "GB", "GG"),  # Guernsey
        ("+44 7400 123456", "GB", "GB"),
        ("+1 613 555 0123", "US", "CA"),
        ("613 555 0123", "CA", "CA"),
        ("+1 212 555 2368", "CA", "US"),
        ("+44 7797 712345", "FR", "JE"),
        ("+7 701 234 5678", "US", "KZ"),
        ("+61 412 345 678", "AU", "AU"),
        ("+61 412 345 678", "CX", "CX"),  # Christmas Island has the same mobile numbers
        ("+882 16 1234 5678", "US", None),  # satellite phones belong to no country
    ],
)
def test_the_country_of_a_number(value, region, country):
    result = cleaned(value, region)
    assert isinstance(result, Cleaned), result
    assert result.country == country
