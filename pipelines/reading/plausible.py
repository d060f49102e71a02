"""Whether bytes read in a code page look like what people write: the judge between readings that are all without an error.

Names are short, so letter statistics fail on them (measured on lists of names: the libraries take cp1252 for cp1250). Read in a wrong
code page, a name shows it otherwise: a sign amid letters, a capital after a small letter, two scripts in one word.
"""
# ruff: noqa: RUF001 -- signs that look like others are what is told apart

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
# In these the Western, Central European and Turkish code pages agree, so there is nothing to be unsure of.
_SHARED = "[áâäçéëíîóôöúüß]"
# The bytes of the others are Slavic, Hungarian or Turkish letters in the neighbouring code pages, mostly consonants for vowels and the
# other way round: Kovač → Kovaè, Kamiński → Kamiñski. So each counts only where Western spelling has it, a vowel between consonants.
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
    """How many of the words that are not plain ASCII are plausible, of 1; nothing to judge is 0. With a language: as Western words."""
    count = good = 0
    for word in words:
        count += 1
        good += is_western(word, language) if language else is_plausible(word)
    return good / count if count else 0.0


def words(text: str) -> list[str]:
    """The words that hold more than ASCII. A fixed blank between letters parts none: in DOS it is the letter á."""
    if _BLANK_IN_WORD.search(text):
        return [text]
    return [word for word in _BREAKS.split(text) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_plausible(word: str) -> bool:
    """Whether a word could be one in any language: letters of one script, capitals where they belong."""
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
    """Whether a plausible word has its accents where Western European spelling has them, in this language or in any."""
    letters = [character for character in word if character.isalpha()]
    if not is_plausible(word) or _accents(letters) * 2 > max(len(letters), 2):
        return False
    return not any(map(str.isalpha, _western_letters(language).sub("", word.lower()).translate(_NO_ASCII)))


_NO_ASCII = dict.fromkeys([*range(128), *map(ord, "ºª")])


@lru_cache
def _western_letters(language: str) -> re.Pattern[str]:
    own = _BY_LANGUAGE.get(language)
    return re.compile("|".join((_SHARED, *_IN_PLACE, *((own,) if own else ()))))


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
