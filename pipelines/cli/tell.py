"""Puts sentences into the language of the terminal."""

import os

from pipelines.language import Sentence, language_for, say


def tell(sentence: Sentence) -> str:
    """The sentence in the language of the terminal by POSIX (LC_ALL, LC_MESSAGES, LANG), or in English if we do not have that."""
    return say(
        sentence,
        language_for(next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None)),
    )
