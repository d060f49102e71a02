"""Puts sentences into the words of whoever types the commands."""

import os

from pipelines.language import Sentence, language_for, say


def tell(sentence: Sentence) -> str:
    """The sentence in the language of the terminal, as POSIX has it (LC_ALL, LC_MESSAGES, LANG); in English where we do not speak that."""
    return say(
        sentence,
        language_for(next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None)),
    )
