"""Whether text decoded with a code page looks like what people write. Decides between code pages that all decode without an error.

Names are too short for letter statistics (on lists of names, the libraries mistake cp1250 for cp1252). But a name decoded with a wrong
code page has symbols between letters, capitals after small letters, or two scripts in one word.
"""
# ruff: noqa: RUF001 -- lookalike characters are what this file tells apart

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

_BREAKS = re.compile(r"[\x00-\x20!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\u3000\u30fb]+")
_OPENING, _CLOSING = "«“‘„¿¡–—·•\u00a0", "»”’–—·•®™\u00a0"
_SIGNS_ALONE = re.compile(r"[\d€£°ºª²³½¼¾±§©®™–—•·«»“”‘’…×\u00a0]+")
_BLANK_IN_WORD = re.compile(r"[^\W\d_]\u00a0[^\W\d_]")
_ABBREVIATION = re.compile(r"[nN][°º]\d*|\d+[ºª]|[MD]ª|[ck]?m[²³]")
_ELIDED = re.compile(
    r"[oOdDlLnNmMcCjJsStT]|[qQ]u|[jJ]usqu|[lL]orsqu|[pP]uisqu|[qQ]uelqu|[aA]ujourd|[pP]resqu|[eE]ntr"
)
_ENGLISH_END = re.compile(r"s|t|re|ll|d|m|ve", re.IGNORECASE)
_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}
_ONE_LETTER_WORDS = {"LATIN", "CJK", "HANGUL"}

_VOWEL = "aeiouyáàâãäåæéèêëíìîïóòôõöøœúùûüý"
_CONSONANT = "bcdfghjklmnpqrstvwxzçñ"
# The Western, Central European and Turkish code pages agree on these letters.
_SHARED = "[áâäçéëíîóôöúüß]"
# The bytes of the other letters are Slavic, Hungarian or Turkish letters in the neighbouring code pages, mostly a consonant for a vowel
# or vice versa: Kovač → Kovaè, Kamiński → Kamiñski. So each counts only where Western spelling allows it.
_IN_PLACE = (
    rf"ñ(?=[{_VOWEL}])",
    rf"(?<![aeoáéóäö])[èê](?=(?:qu|gu|[{_CONSONANT}]{{1,2}})(?:e|s?$))",
    rf"(?<=[aeouéà])ï(?=[{_CONSONANT}]|$)",
    r"ã(?=[oe]|$)",
    r"õ(?=e)",
    r"(?<![^\W_])à(?![^\W_])",
    r"œ(?=u)",
    rf"(?<![{_VOWEL}])[åæ](?![{_VOWEL}])",
    rf"(?<![{_VOWEL}])ø(?![aiouáéíóú])(?!e.)",
)
_BY_LANGUAGE = {
    "fr": rf"(?<![aeoáéó])[èê](?=[{_CONSONANT}])|à$|ù$|û(?=[trlmn]|ch|$)|[ïœ]",
    "it": r"[àèìòù]",
    "pt": r"[àãêõ]",
    "ca": r"[àèïò]",
    "nl": r"[èêï]",
    "is": r"[ðýþæ]",
    "da": "[æøå]",
    "nb": "[æøå]",
    "nn": "[æøåòê]",
    "no": "[æøåòê]",
    "sv": "å",
}


def share(words: Iterable[str], language: str | None = None) -> float:
    """The share (0 to 1) of non-ASCII words that are plausible; 0 without words. With a language: that are spelled as Western words."""
    count = good = 0
    for word in words:
        count += 1
        good += is_western(word, language) if language else is_plausible(word)
    return good / count if count else 0.0


def words(text: str) -> list[str]:
    """The words that are not plain ASCII. A no-break space between letters does not split a word: in DOS it is the letter á."""
    if _BLANK_IN_WORD.search(text):
        return [text]
    return [word for word in _BREAKS.split(text) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_plausible(word: str) -> bool:
    """Whether this could be a word in any language: letters of one script, capitals where they belong."""
    if not any(map(str.isalpha, word)):
        signs = sum(not character.isascii() for character in word)
        return bool(_SIGNS_ALONE.fullmatch(word)) and (signs == 1 or any(map(str.isdigit, word)))
    bare = word.lstrip(_OPENING).rstrip(_CLOSING)
    if not bare or _ABBREVIATION.fullmatch(word):
        return True
    parts = bare.split("’")
    if not all(map(_is_elided, parts, parts[1:])):
        return False
    return all(map(_is_one_word, parts))


@lru_cache(maxsize=20_000)
def is_western(word: str, language: str) -> bool:
    """Whether a plausible word has its accents where Western European spelling, in general or in this language, has them."""
    letters = [character for character in word if character.isalpha()]
    if not is_plausible(word) or _accents(letters) * 2 > max(len(letters), 2):
        return False
    return not any(map(str.isalpha, _western_letters(language).sub("", word.lower()).translate(_NO_ASCII)))


_NO_ASCII = dict.fromkeys([*range(128), *map(ord, "ºª")])


@lru_cache
def _western_letters(language: str) -> re.Pattern[str]:
    special = _BY_LANGUAGE.get(language)
    return re.compile("|".join((_SHARED, *_IN_PLACE, *((special,) if special else ()))))


def _is_elided(left: str, right: str) -> bool:
    return bool(_ELIDED.fullmatch(left) or _ENGLISH_END.fullmatch(right))


def _is_one_word(part: str) -> bool:
    letters = [character for character in part if character not in "0123456789'"]
    if not all(unicodedata.category(character)[0] in "LM" for character in letters):
        return False
    scripts = {_script(character) for character in letters}
    if len(scripts) > 1 or (len(letters) == 1 and not scripts <= _ONE_LETTER_WORDS):
        return False
    for before, after in pairwise(letters):
        if before.islower() and after.isupper() and not after.isascii():
            return False
    return scripts != {"LATIN"} or _accents(letters) * 4 <= max(len(letters) * 3, 4)


def _accents(letters: list[str]) -> int:
    return sum(not character.isascii() for character in letters)


def _script(character: str) -> str:
    if unicodedata.category(character)[0] == "M":
        return "LATIN" if character < "\u0370" else unicodedata.name(character, "?").partition(" ")[0]
    first = unicodedata.name(character, "?").partition(" ")[0]
    return "CJK" if first in _ASIAN else first
