"""Turns sentences into text, in every language that has a folder here.

A folder holds any number of gettext catalogues (`*.po`, found by scanning). The id of a message is a sentence's code; its placeholders are
the sentence's params, see `pipelines.language.wording`.

To add a sentence, write its code as a literal where it is made, and a message with this id in each language; tests/language reports what
is missing. One code is one sentence, named after what is wrong or what happened (`file_empty`). Whatever varies is a param; a number that
selects singular or plural is called `n`.

Titles of steps, states, outcomes and column headings are in `pipelines.language.vocabulary`. Channels, their parts, fields and carriers
supply their English words themselves, as the param `text`; the other languages may translate them.
"""

from functools import lru_cache

import structlog

from pipelines.language.catalogue import LANGUAGES, translations
from pipelines.language.sentence import Sentence
from pipelines.language.wording import fill

__all__ = ["LANGUAGES", "Sentence", "language_for", "say", "translations"]

log = structlog.get_logger()


def say(sentence: Sentence, language: str = LANGUAGES[0]) -> str:
    """The sentence in `language` (one of LANGUAGES), or in English if that language lacks it.

    A stored code that this version does not know, or whose params it does not understand, gives a sentence that names the code: the database
    may have been written by another version, and the rest of a page can still be shown.
    """
    try:
        return _words(sentence, language)
    except (KeyError, ValueError, TypeError) as error:
        _log_unknown(sentence.code, str(error))
        return _words(Sentence("no_words_for_code", {"code": sentence.code}), language)


def language_for(*tags: str | None) -> str:
    """The language of the first supported tag (`fr-CA` gives `fr`); English if none is supported."""
    for tag in tags:
        language = (tag or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def _words(sentence: Sentence, language: str) -> str:
    """Raises KeyError for an unknown code or a missing param, ValueError or TypeError for a param of another kind."""
    for one in dict.fromkeys((language, LANGUAGES[0])):
        message = _message(sentence, one)
        if message is not None:
            return fill(message, sentence.params, one, lambda inner: say(inner, language))
    if "text" in sentence.params:
        return str(sentence.params["text"])  # English words that the code's author supplied
    raise KeyError(f"no catalogue in pipelines/language has the code {sentence.code!r}")


@lru_cache(maxsize=1_000)
def _log_unknown(code: str, reason: str) -> None:
    """Once in a process: a file may have the same code in a million rows."""
    log.error("sentence_without_words", code=code, reason=reason)


def _message(sentence: Sentence, language: str) -> str | None:
    catalogue, code, count = translations(language), sentence.code, sentence.params.get("n")
    message = catalogue.ngettext(code, code, count) if isinstance(count, int) else code
    if message == code:
        message = catalogue.gettext(code)
    return None if message == code else message
