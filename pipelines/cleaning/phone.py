"""Phone numbers in their one form, E.164, and whether a text can reach them. The facts are libphonenumber's, by region."""

import re
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_SHORTEST = (
    7  # digits; what is shorter and no number of the region is an emergency, short or extension number
)
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
_TWO = Problem("two_numbers")
_NOT_A_NUMBER = Problem("not_a_phone")
_WITH_EXTENSION = Problem("extension")
_SHORT = Problem("short_number")
_SERVICE = Problem("service_number")


def clean(value: str, setting: Setting) -> Cleaned | Problem:
    """E.164 by the rules of the packet's region, unless the number brings its own country code."""
    text = tidy(value)
    if decimal := _DECIMAL.fullmatch(text):
        text = decimal.group(1)
    problem = _shape_problem(text)
    if problem is not None:
        return problem
    try:
        number = phonenumbers.parse(text, setting.region)
    except NumberParseException:
        return _SHORT if _digits(text) < _SHORTEST else _impossible(setting.region)
    if not phonenumbers.is_valid_number(number):
        return _SHORT if _digits(text) < _SHORTEST else _impossible(setting.region)
    kind = phonenumbers.number_type(number)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if kind in _TEXTABLE:
        return Cleaned(e164, can_text=True)
    if kind in _LANDLINE:
        return Cleaned(e164, note="landline", can_text=False)
    return Cleaned(e164) if kind in _UNSURE else _SERVICE


def fast(cell: str, setting: Setting) -> FastPath | None:
    """The region's mobile numbers, national or with its country code, however blanks and punctuation divide them.

    None for a region whose national prefix rewrites the number (Argentina, Brazil, Mexico): there only the library knows.
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
    """The country code, SQL that cuts the national number out of `digits`, and a pattern of mobiles with country code, national prefix
    or neither.
    """
    facts = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if facts is None or facts.country_code is None or not facts.mobile or not facts.general_desc:
        return None
    mobile, prefix = facts.mobile.national_number_pattern, facts.national_prefix
    if facts.national_prefix_transform_rule is not None or not mobile or not _PLAIN_PATTERN.fullmatch(mobile):
        return None
    lengths = facts.mobile.possible_length or facts.general_desc.possible_length
    # Taking the number out by a group of the regular expression would cost five times as much as the match itself.
    if len(lengths) == 1:
        cut = f"right({digits}, {lengths[0]})"
    elif prefix in (None, "0"):
        cut = f"ltrim(regexp_replace({digits}, '^[+]{facts.country_code}', ''), '{prefix or ' '}')"
    else:
        return None
    # Some prefixes hide the choice of a carrier (Colombia): then only the library reads a number with its prefix.
    plain = prefix is not None and prefix in (facts.national_prefix_for_parsing or "").split("|")
    # PostgreSQL's \d takes the digits of every script, which E.164 does not.
    western = mobile.replace(r"\d", "[0-9]")
    before = rf"\+{facts.country_code}" + (f"|{prefix}" if plain else "")
    return facts.country_code, cut, rf"^(?:{before})?(?:{western})$"


def _shape_problem(text: str) -> Problem | None:
    """What can be told before the library is asked."""
    digits = _digits(text)
    if _EXCEL.fullmatch(text):
        return _EXCEL_PROBLEM
    parts = [
        part
        for part in _BETWEEN_NUMBERS.split(text)
        if sum(character.isdigit() for character in part) >= _SHORTEST
    ]
    if len(parts) > 1:
        return _TWO
    if digits >= _SHORTEST and _EXTENSION.search(text):
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
