"""Names as in a letter: all-uppercase and all-lowercase names are capitalised, all others are left as they are."""

import re

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_PARTICLES = {
    "de",
    "del",
    "della",
    "der",
    "den",
    "di",
    "da",
    "das",
    "dos",
    "du",
    "van",
    "von",
    "y",
    "e",
    "bin",
    "ibn",
    "al",
}
_KEPT_UPPER = {"II", "III", "IV", "VI", "VII", "VIII"}
_VOWELS = set("AEIOUYÀÁÂÃÄÅÈÉÊËÌÍÎÏÒÓÔÕÖÙÚÛÜÝ")
_ELIDED = {"O", "D", "L", "N", "M", "K"}  # O'Neil, D'Arcy, L'Huillier, N'Diaye
_AFTER_DE = re.compile(r"\bde L(?:a|as|os)\b")
# Placeholders for "no name" that cannot be names: punctuation only, words with a slash, spreadsheet errors. Null, None, Na, Nan and
# Unknown are names of real people, and N.A. in capitals are initials: they stay.
_PLACEHOLDER = re.compile(
    r"(?:[-\u2010-\u2015_.?*/ ]+|(?:n/[ad]|n\.a\.?|#[^ ]*)(?: (?:n/[ad]|n\.a\.?|#[^ ]*))*|N/[AD](?: N/[AD])*)"
)
_MC = re.compile(r"MC[BCDFGHIJKLMNPQRTVWY][A-Z]{2,}")


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    text = tidy(value)
    if _PLACEHOLDER.fullmatch(text):
        return Cleaned(None, note="placeholder")
    letters = [character for character in text if character.isalpha()]
    uppercase = len(letters) > 1 and text == text.upper() and text != text.lower()
    lowercase = bool(letters) and text == text.lower() and text != text.upper()
    if (uppercase or lowercase) and not any(sign in text for sign in "{}<>@"):
        text = _with_capitals(text)
    return Cleaned(text or None)


def fast(cell: str, _setting: Setting) -> FastPath:
    """One or two capitalised words: James, Ann-Marie, New York."""
    return FastPath(f"case when {cell} ~ '^[A-Z][a-z]+(?:[ -][A-Z][a-z]+)?$' then {cell} end", keeps=True)


def _with_capitals(text: str) -> str:
    first = True
    pieces, end = [], 0
    for match in _WORD.finditer(text):
        pieces += [text[end : match.start()], _word(match.group().upper(), first=first)]
        first, end = False, match.end()
    return _AFTER_DE.sub(lambda match: match[0].lower(), "".join([*pieces, text[end:]]))


def _word(word: str, *, first: bool) -> str:
    """Capitalise one word, which is all uppercase."""
    if word in _KEPT_UPPER or (len(word) == len("JJ") and not _VOWELS & set(word)):
        return "Jr" if word == "JR" else "Dr" if word == "DR" else "Sr" if word == "SR" else word
    if not first and word.lower() in _PARTICLES:
        return word.lower()
    head, apostrophe, tail = word.partition("'") if "'" in word else word.partition("\u2019")
    if apostrophe and tail:
        capital = head in _ELIDED and len(tail) > 1
        return head.capitalize() + apostrophe + (_word(tail, first=True) if capital else tail.lower())
    if _MC.fullmatch(word):
        return "Mc" + word[2:].capitalize()
    return word.capitalize()


RULE = Rule("name", clean, fast)
