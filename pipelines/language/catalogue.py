"""Reads the gettext catalogues from their source files, so that nothing has to be compiled before a start."""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER = Path(__file__).parent


def _languages() -> tuple[str, ...]:
    """English first: it has every code, and replaces what another language lacks."""
    return (
        "en",
        *sorted(file.parent.name for file in FOLDER.glob("*/sentences.po") if file.parent.name != "en"),
    )


LANGUAGES = _languages()


def catalogue(language: str) -> Catalog:
    """All messages of `language`, from all of its files. Raises ValueError for a message with different words in two of them."""
    whole = Catalog(locale=language)
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale=language):
                known = whole.get(message.id) if message.id else None
                if known and known.string != message.string:
                    raise ValueError(f"{path} has other words for {message.id!r} than another catalogue")
                if message.id:
                    whole[message.id] = message
    return whole


@cache
def translations(language: str) -> Translations:
    """The catalogue of `language` as gettext and Flask-Babel use it."""
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)
