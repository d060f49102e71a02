"""The form in which answers are compared: case, punctuation, width and spaces do not matter; accents only where they tell words apart."""

import re
import unicodedata

# What the decomposition of characters does not turn into a plain letter.
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "\u0131": "i"})
_APOSTROPHES = str.maketrans(dict.fromkeys("'`\u2018\u2019\u02bc\u00b4"))
_SPACES = re.compile(r"\s+")


def normalised(text: str) -> str:
    """The text in lower case, with words and symbols such as 👍 separated by single spaces, and accents kept."""
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold().translate(_APOSTROPHES)
    kept = "".join(_kept(character) for character in unicodedata.normalize("NFC", folded))
    return _SPACES.sub(" ", kept).strip()


def without_accents(text: str) -> str:
    """A normalised text without accents, as many people type."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(one for one in decomposed if unicodedata.category(one) != "Mn").translate(_PLAIN)


def _kept(character: str) -> str:
    """Letters, digits and marks as they are, symbols as words of their own; invisible characters vanish, all others separate words."""
    category = unicodedata.category(character)
    if category[0] in "LN" or (category == "Mn" and not _is_selector(character)):
        return character
    if category == "So":
        return f" {character} "
    if (
        category in {"Cf", "Mn"} or "\U0001f3fb" <= character <= "\U0001f3ff"
    ):  # joiners, selectors and skin tones
        return ""
    return " "


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f"
