"""Languages as ISO 639 codes, from codes and names in English, French, Spanish and the language itself."""

from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError

from pipelines.cleaning.rule import Cleaned, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_THREE_LETTERS = {
    "eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "deu": "de", "ger": "de", "ita": "it", "por": "pt", "nld": "nl", "dut": "nl",
    "ara": "ar", "zho": "zh", "chi": "zh", "rus": "ru", "pol": "pl", "vie": "vi", "hat": "ht", "kor": "ko", "jpn": "ja", "tgl": "tl",
}  # fmt: skip
_OTHER_NAMES = {
    "castellano": "es",
    "castilian": "es",
    "mandarin": "zh",
    "cantonese": "zh",
    "creole": "ht",
    "kreyol": "ht",
    "kreyòl": "ht",
    "tagalog": "tl",
}


def clean(value: str, setting: Setting) -> Cleaned | Problem:
    """The two-letter code; for a language that we do not know the packet's own, with a note: a message in it is better than none."""
    text = tidy(value).casefold()
    known = _names()
    code = known.get(text) or known.get(text.replace("_", "-").split("-")[0].split("(")[0].strip())
    return Cleaned(code) if code else Cleaned(setting.language, note="unknown_language")


@cache
def _names() -> dict[str, str]:
    spoken = Locale("en").languages
    codes = [code for code in spoken if len(code) == len("en")]
    names = {code: code for code in codes} | _THREE_LETTERS | _OTHER_NAMES
    for display in ("en", "fr", "es"):
        for code in codes:
            if name := Locale(display).languages.get(code):
                names.setdefault(name.casefold(), code)
    for code in codes:
        try:
            own = Locale.parse(code).get_display_name(code)
        except (UnknownLocaleError, ValueError):
            continue
        if own:
            names.setdefault(own.casefold(), code)
    return names


RULE = Rule("language", "Languages brought into codes", ("language",), clean)
