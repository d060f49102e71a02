"""Languages as people write them."""

import pytest

from pipelines.cleaning.languages import clean
from pipelines.cleaning.rule import Cleaned, Setting

SETTING = Setting("US", "es", "UTC")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("en", "en"), ("EN-us", "en"), ("fr_FR", "fr"), ("English", "en"), ("anglais", "en"), ("inglés", "en"), ("Français", "fr"),
        ("ESPAÑOL", "es"), ("spa", "es"), ("castellano", "es"), ("Kreyòl", "ht"), ("العربية", "ar"), ("Vietnamese", "vi"),
        ("Spanish (Mexico)", "es"),
    ],
)  # fmt: skip
def test_known_languages(value, code):
    assert clean(value, SETTING) == Cleaned(code)


def test_an_unknown_language_becomes_the_packets_own_with_a_note():
    assert clean("Klingonese", SETTING) == Cleaned("es", note="unknown_language")
