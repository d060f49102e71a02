"""Phone numbers in E.164 form, their country, and whether a text can reach them, according to libphonenumber."""

import re
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

REGIONS = frozenset(
    phonenumbers.SUPPORTED_REGIONS
)  # ISO 3166: in any other, every local number would be held
_MIN_DIGITS = 7  # a shorter number that is not valid in the region is an emergency, short or extension number
_EXCEL = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,2}", re.IGNORECASE)
_PLAIN_PATTERN = re.compile(r"[\d\[\](){}?:|,\\d-]+")
_DECIMAL = re.compile(r"(\+?\d{7,15})\.0")
_BETWEEN_NUMBERS = re.compile(r"[/;,|&]|\s(?:or|ou|o|and|et|y)\s", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")
_EXTENSION = re.compile(r"(?:\bext(?:ension)?|\bposte|\banexo|x|#)\.?\s*\d{1,6}\s*$", re.IGNORECASE)

_TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP}
_UNSURE = {PhoneNumberType.UNKNOWN}
_LANDLINE = {PhoneNumberType.FIXED_LINE}

_EXCEL_PROBLEM = Problem("excel_number")
_TWO_NUMBERS = Problem("two_numbers")
_NOT_A_NUMBER = Problem("not_a_phone")
_WITH_EXTENSION = Problem("extension")
_SHORT = Problem("short_number")
_SERVICE = Problem("service_number")


def clean(value: str, setting: Setting) -> Cleaned | Problem:
    """The number in E.164 form, by the rules of the packet's region unless it has its own country code."""
    text = tidy(value)
    if decimal := _DECIMAL.fullmatch(text):
        text = decimal.group(1)
    problem = _shape_problem(text)
    if problem is not None:
        return problem
    try:
        number = phonenumbers.parse(text, setting.region)
    except NumberParseException:
        return _SHORT if _digits(text) < _MIN_DIGITS else _impossible(setting.region)
    if not phonenumbers.is_valid_number(number):
        return _SHORT if _digits(text) < _MIN_DIGITS else _impossible(setting.region)
    kind = phonenumbers.number_type(number)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    country = _country(number, setting.region)
    if kind in _TEXTABLE:
        return Cleaned(e164, can_text=True, country=country)
    if kind in _LANDLINE:
        return Cleaned(e164, note="landline", can_text=False, country=country)
    return Cleaned(e164, country=country) if kind in _UNSURE else _SERVICE


def numbers_in(value: str, setting: Setting) -> set[str]:
    """The valid numbers in a cell in E.164 form, also where `clean` finds none to use: among words, with an extension, or several."""
    if _digits(value) < _MIN_DIGITS:
        return set()
    cleaned = clean(value, setting)
    if isinstance(cleaned, Cleaned):
        return {cleaned.value} if cleaned.value else set()
    matches = phonenumbers.PhoneNumberMatcher(tidy(value), setting.region)
    return {phonenumbers.format_number(match.number, PhoneNumberFormat.E164) for match in matches}


def fast(cell: str, setting: Setting) -> FastPath | None:
    """The region's mobile numbers, national or with country code, with any spaces and punctuation. The region is also their country.

    None for a region whose national prefix rewrites the number (Argentina, Brazil, Mexico): only the library handles those.
    """
    digits = f"translate({cell}, ' ().-', '')"
    national = _national(setting.region, digits)
    if national is None:
        return None
    code, cut, pattern = national
    return FastPath(
        f"case when {digits} ~ cast(:e164_pattern as text) and right({cell}, 2) <> '.0'"
        f" then '+{code}' || {cut} end",
        {"e164_pattern": pattern},
    )


@cache
def _national(region: str, digits: str) -> tuple[int, str, str] | None:
    """The country code, SQL that cuts the national number out of `digits`, and a pattern for mobile numbers with country code, with
    national prefix or with neither.
    """
    facts = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if facts is None or facts.country_code is None or not facts.mobile or not facts.general_desc:
        return None
    mobile, prefix = facts.mobile.national_number_pattern, facts.national_prefix
    if facts.national_prefix_transform_rule is not None or not mobile or not _PLAIN_PATTERN.fullmatch(mobile):
        return None
    lengths = facts.mobile.possible_length or facts.general_desc.possible_length
    # Extracting the number with a group of the regular expression would cost five times as much as the match itself.
    if len(lengths) == 1:
        cut = f"right({digits}, {lengths[0]})"
    elif prefix in (None, "0"):
        cut = f"ltrim(regexp_replace({digits}, '^[+]{facts.country_code}', ''), '{prefix or ' '}')"
    else:
        return None
    # Some prefixes also select a carrier (Colombia): then only the library reads numbers with a prefix.
    plain = prefix is not None and prefix in (facts.national_prefix_for_parsing or "").split("|")
    # PostgreSQL's \d matches the digits of every script; E.164 allows only ASCII digits.
    western = mobile.replace(r"\d", "[0-9]")
    before = rf"\+{facts.country_code}" + (f"|{prefix}" if plain else "")
    return facts.country_code, cut, rf"^(?:{before})?(?:{western})$"


def _country(number: phonenumbers.PhoneNumber, region: str) -> str | None:
    """The country of a valid number (ISO 3166), None for a number of no country (+882).

    Countries may share a country code and even numbers (Australia and Christmas Island): then it is the packet's region, as in the fast path.
    """
    if phonenumbers.is_valid_number_for_region(number, region):
        return region
    country = phonenumbers.region_code_for_number(number)
    return country if country in REGIONS else None


def _shape_problem(text: str) -> Problem | None:
    """Problems that can be recognised without the library."""
    digits = _digits(text)
    if _EXCEL.fullmatch(text):
        return _EXCEL_PROBLEM
    parts = [
        part
        for part in _BETWEEN_NUMBERS.split(text)
        if sum(character.isdigit() for character in part) >= _MIN_DIGITS
    ]
    if len(parts) > 1:
        return _TWO_NUMBERS
    if digits >= _MIN_DIGITS and _EXTENSION.search(text):
        return _WITH_EXTENSION
    if not digits or _LETTERS.search(text):
        return _NOT_A_NUMBER
    return None


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


@cache
def _impossible(region: str) -> Problem:
    return Problem("impossible_number", {"region": region})


RULE = Rule("e164", clean, fast)
