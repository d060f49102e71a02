"""Text without invisible characters."""
# ruff: noqa: RUF001 -- letters of other scripts are what is tested

import pytest

from pipelines.cleaning.text import tidy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\tb\x00c\x1bd", "a b c d"),
        ("\ufeffann\u200b", "ann"),
        ("\u202eabc\u202c", "abc"),
        ("a\u00a0 b", "a b"),
        ("e\u0301", "é"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),  # a family is one character
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs its joiner
        ("a\u2028b", "a b"),
    ],
)
def test_tidy(value, expected):
    assert tidy(value) == expected
