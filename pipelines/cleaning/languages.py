"""Languages as ISO 639 codes, from codes and from names in English, French, Spanish and often the language itself."""

import re
from functools import cache

from babel import Locale

from pipelines.cleaning.rule import Cleaned, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_CODE = re.compile("[a-z]{2,3}")
_NO_LANGUAGE = {"mul", "und", "zxx"}  # several languages, an unknown one, no linguistic content
_THREE_LETTERS = {
    "eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "deu": "de", "ger": "de", "ita": "it", "por": "pt", "nld": "nl", "dut": "nl",
    "ara": "ar", "zho": "zh", "chi": "zh", "rus": "ru", "pol": "pl", "vie": "vi", "hat": "ht", "kor": "ko", "jpn": "ja", "tgl": "tl",
}  # fmt: skip
_OWN_NAMES = {
    "deutsch": "de", "italiano": "it", "português": "pt", "portugues": "pt", "nederlands": "nl", "العربية": "ar", "中文": "zh",
    "русский": "ru", "polski": "pl", "tiếng việt": "vi", "한국어": "ko", "日本語": "ja", "türkçe": "tr", "українська": "uk",
    "română": "ro", "ελληνικά": "el", "हिन्दी": "hi", "tagalog": "tl", "kreyòl": "ht", "kreyol": "ht", "creole": "ht",
    "castellano": "es", "castilian": "es", "mandarin": "zh", "cantonese": "zh", "farsi": "fa",
}  # fmt: skip


def clean(value: str, setting: Setting) -> Cleaned | Problem:
    """The two-letter code. An unknown language becomes the packet's own, with a note: that is better than no message."""
    text = tidy(value).casefold()
    codes = _names()
    code = codes.get(text) or codes.get(text.replace("_", "-").split("-")[0].split("(")[0].strip())
    return Cleaned(code) if code else Cleaned(setting.language, note="unknown_language")


@cache
def known_languages() -> frozenset[str]:
    """The languages that CLDR has a name for, as ISO 639 codes of two or three letters."""
    return frozenset(code for code in Locale("en").languages if _CODE.fullmatch(code)) - _NO_LANGUAGE


@cache
def _names() -> dict[str, str]:
    codes = [code for code in Locale("en").languages if len(code) == len("en")]
    names = {code: code for code in codes} | _THREE_LETTERS | _OWN_NAMES
    for display in ("en", "fr", "es"):
        titles = Locale(display).languages
        names |= {titles[code].casefold(): code for code in codes if code in titles}
    return names


RULE = Rule("language", clean)
