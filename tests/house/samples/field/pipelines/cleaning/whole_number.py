"""Whole numbers."""

from pipelines.cleaning.rule import Cleaned, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_NO_NUMBER = Problem("not_a_number", {"text": "This is not a number. Write it in digits."})


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    text = tidy(value)
    return Cleaned(str(int(text))) if text.isascii() and text.isdigit() and len(text) < 10 else _NO_NUMBER


RULE = Rule("whole_number", clean)
