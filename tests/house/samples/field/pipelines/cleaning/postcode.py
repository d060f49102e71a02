"""British postcodes: uppercase, one space before the last three characters."""

import re

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?) ?([0-9][A-Z]{2})", re.ASCII)
_NO_POSTCODE = Problem("not_a_postcode", {"text": "This is not a British postcode. Write it like SW1A 1AA."})


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    match = _POSTCODE.fullmatch(tidy(value).upper())
    return Cleaned(f"{match[1]} {match[2]}") if match else _NO_POSTCODE


def fast(cell: str, _setting: Setting) -> FastPath:
    """Both parts with one space between them, in any case."""
    shape = "^[A-Za-z]{1,2}[0-9][0-9A-Za-z]? [0-9][A-Za-z]{2}$"
    return FastPath(f"case when {cell} ~ '{shape}' then upper({cell}) end")


RULE = Rule("postcode", clean, fast)
