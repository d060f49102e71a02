"""The answers that a campaign names: what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence

from pipelines.domain.campaign_mistakes import Mistake
from pipelines.domain.replies import Kind
from pipelines.language import Sentence
from pipelines.language.vocabulary import reply_kind
from pipelines.replies.lists import word_lists
from pipelines.replies.normal import normalised, without_accents

# Their meaning is the law's and the provider's. CANCEL and END are not among them: docs/decisions/0032.
RESERVED = (Kind.STOP, Kind.START, Kind.HELP)


def name_mistakes(named: Mapping[str, Sequence[str]], path: tuple[str, ...]) -> Iterator[Mistake]:
    """A mistake for each word that always means something else, or that stands for two meanings. `path` leads to `named`."""
    known: dict[str, str] = {}
    for kind, words in named.items():
        for number, word in enumerate(words):
            place = [*path[-1:], kind, Sentence("place_number", {"number": number + 1})]
            plain = without_accents(normalised(word))
            meanings = word_lists().meanings(normalised(word))
            if reserved := next((one for one in RESERVED if one in meanings), None):
                params = {"place": place, "word": word, "meaning": reply_kind(reserved)}
                yield Mistake(Sentence("reply_word_reserved", params), (*path, kind, number))
            elif known.setdefault(plain, kind) != kind:
                yield Mistake(
                    Sentence("reply_word_twice", {"place": place, "word": word}), (*path, kind, number)
                )
