"""Text as a person would have typed it: no invisible characters, single spaces, composed accents."""

import re
import unicodedata

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting

# Control characters become a space (a line break in a name must not inject a header); zero-width and direction marks are removed.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JOINERS_MATTER = re.compile(
    r"[\u0600-\u0dff\U0001f000-\U0001faff\u2600-\u27bf]"
)  # Persian, Indic scripts, emoji


def tidy(text: str) -> str:
    """Normalise to NFC, remove control, zero-width and direction characters, collapse white space.

    Zero-width joiners (U+200C, U+200D) stay where a script or an emoji needs them.
    """
    text = _CONTROLS.sub(" ", unicodedata.normalize("NFC", text))
    if _JOINERS_MATTER.search(text):
        text = re.sub(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text)
    else:
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    return Cleaned(tidy(value) or None)


def fast(cell: str, _setting: Setting) -> FastPath:
    """Printable ASCII without double, leading or trailing spaces is already tidy."""
    return FastPath(f"case when {cell} ~ '^[!-~]+( [!-~]+)*$' then {cell} end", keeps=True)


RULE = Rule("tidied", clean, fast)
