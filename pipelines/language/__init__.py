"""Words for people, in the languages that have a folder here: the one place that turns a Sentence into text.

A folder holds gettext catalogues (`*.po`, found by scanning, any number of them). The id of a message is a sentence's code; its
placeholders are the sentence's params, see `pipelines.language.wording`.

To add a sentence, write its code as a literal where it is made, and a message with this id in each language; tests/language says what
is missing. One code is one sentence, and its name says what is wrong or what happened (`file_empty`). What differs from case to case is
a param and never part of the words; a number that decides between singular and plural is called `n`.
"""

from pipelines.language.catalogue import LANGUAGES, translations
from pipelines.language.sentence import Sentence
from pipelines.language.wording import fill

__all__ = ["LANGUAGES", "Sentence", "language_for", "say", "translations"]


def say(sentence: Sentence, language: str = LANGUAGES[0]) -> str:
    """The sentence in `language` (one of LANGUAGES); in English where that has no words for it. Raises KeyError for an unknown code."""
    for one in dict.fromkeys((language, LANGUAGES[0])):
        message = _message(sentence, one)
        if message is not None:
            return fill(message, sentence.params, one, lambda inner: say(inner, language))
    if "text" in sentence.params:
        return str(sentence.params["text"])  # its own English words, where no catalogue has any
    raise KeyError(f"no catalogue in pipelines/language has the code {sentence.code!r}")


def language_for(*wanted: str | None) -> str:
    """The first of these language tags that we speak, by its bare language (`fr-CA` is `fr`); English when we speak none of them."""
    for tag in wanted:
        bare = (tag or "").replace("_", "-").split("-")[0].lower()
        if bare in LANGUAGES:
            return bare
    return LANGUAGES[0]


def _message(sentence: Sentence, language: str) -> str | None:
    known, code, count = translations(language), sentence.code, sentence.params.get("n")
    found = known.ngettext(code, code, count) if isinstance(count, int) else code
    if found == code:
        found = known.gettext(code)
    return None if found == code else found
