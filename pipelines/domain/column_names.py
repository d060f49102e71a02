"""How column names are compared and turned into names that a template may use."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def words(text: str) -> str:
    """The words of a column name without accents, case and punctuation, for comparison. `"E-mail "` → `"e mail"`, `"Téléphone"` → `"telephone"`."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)", " ", plain)
    return _NOT_WORD.sub(" ", spaced.casefold()).strip()


def key(text: str) -> str:
    """A key that is equal for names that differ only in accents, case, punctuation and spaces."""
    return words(text).replace(" ", "")


def slug(text: str) -> str:
    """A column name as a template may use it: `"Dr. Name"` → `"dr_name"`. Never empty, never begins with a digit."""
    name = words(text).replace(" ", "_")
    return name if name and not name[0].isdigit() else f"column_{name}".rstrip("_")
