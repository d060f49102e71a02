"""Turns sentences into text, in every language that has a folder here.

A folder holds any number of gettext catalogues (`*.po`, found by scanning). The id of a message is a sentence's code; its placeholders are
the sentence's params, see `pipelines.language.wording`.

To add a sentence, write its code as a literal where it is made, and a message with this id in each language; tests/language reports what
is missing. One code is one sentence, named after what is wrong or what happened (`file_empty`). Whatever varies is a param; a number that
selects singular or plural is called `n`.

Titles of steps, states, outcomes and column headings are in `pipelines.language.vocabulary`. Channels, their parts, fields and carriers
supply their English words themselves, as the param `text`; the other languages may translate them.
"""

from pipelines.language.catalogue import LANGUAGES, translations
from pipelines.language.sentence import Sentence
from pipelines.language.wording import fill

__all__ = ["LANGUAGES", "Sentence", "language_for", "say", "translations"]


def say(sentence: Sentence, language: str = LANGUAGES[0]) -> str:
    """The sentence in `language` (one of LANGUAGES), or in English if that language lacks it. Raises KeyError for an unknown code."""
    for one in dict.fromkeys((language, LANGUAGES[0])):
        message = _message(sentence, one)
        if message is not None:
            return fill(message, sentence.params, one, lambda inner: say(inner, language))
    if "text" in sentence.params:
        return str(sentence.params["text"])  # English words that the code's author supplied
    raise KeyError(f"no catalogue in pipelines/language has the code {sentence.code!r}")


def language_for(*tags: str | None) -> str:
    """The language of the first supported tag (`fr-CA` gives `fr`); English if none is supported."""
    for tag in tags:
        language = (tag or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def _message(sentence: Sentence, language: str) -> str | None:
    catalogue, code, count = translations(language), sentence.code, sentence.params.get("n")
    message = catalogue.ngettext(code, code, count) if isinstance(count, int) else code
    if message == code:
        message = catalogue.gettext(code)
    return None if message == code else message
