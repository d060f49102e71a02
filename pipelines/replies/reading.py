"""What an answer means: stop, confirm, … by the word lists and the words that the campaign names (docs/decisions/0032)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.domain.replies import NAMED_BY_CAMPAIGNS, Kind
from pipelines.replies.lists import APPOINTMENT, NEGATION, STOP_OR_CANCEL, Lists, word_lists
from pipelines.replies.misspelt import meant_by
from pipelines.replies.normal import normalised, without_accents

SHORT = 5  # words: up to here a stop word counts wherever it is (FCC, 11 April 2025)
PLAIN = 12  # words: up to here a wish about the appointment counts wherever it is, if it is the only one
EVERYTHING = re.compile(r"\bstop ?all\b")
LASTING = (Kind.RESCHEDULE, Kind.CANCEL)
# The wishes that two short answers in one may combine: the second one decides.
STRONGER = {frozenset({Kind.CONFIRM, Kind.RESCHEDULE}): Kind.RESCHEDULE}


@dataclass(frozen=True, slots=True)
class Reading:
    """`unsure`: the answer may be a wish to stop, or a misspelt word, so a person has to read it. `meant` is the kind that a misspelt word
    is close to. `everything`: the person wants no messages on any channel.
    """

    kind: Kind
    unsure: bool = False
    meant: Kind | None = None
    everything: bool = False


def read(
    text: str,
    *,
    automatic: bool = False,
    subject: str | None = None,
    named: Mapping[str, Sequence[str]] | None = None,
) -> Reading:
    """Read an answer. `named` are the campaign's own words by kind. An e-mail without a text is read by its subject."""
    lists = word_lists()
    if automatic or _is_automatic(subject or "", lists) or _is_automatic(text, lists):
        return Reading(Kind.AUTOMATIC)
    words = normalised(text) or normalised(subject or "")
    if kind := _named(words, named or {}):
        return Reading(kind)
    reading = _whole(words, lists) or _short(words, lists) or _misspelt(words, lists) or Reading(Kind.OTHER)
    stops = reading.kind is Kind.STOP
    return replace(reading, everything=stops and EVERYTHING.search(words) is not None)


def _named(words: str, named: Mapping[str, Sequence[str]]) -> Kind | None:
    plain = without_accents(words)
    for kind in NAMED_BY_CAMPAIGNS:
        if plain in {without_accents(normalised(word)) for word in named.get(kind, ())}:
            return kind
    return None


def _whole(words: str, lists: Lists) -> Reading | None:
    """The meaning of an answer that is an entry of a list."""
    kinds = _as_kinds(lists.meanings(words))
    if not kinds:
        return None
    if len(kinds) == 1:
        return Reading(next(iter(kinds)))
    return Reading(Kind.OTHER, unsure=Kind.STOP in kinds)


def _short(words: str, lists: Lists) -> Reading | None:
    """The meaning of an answer that contains entries of lists."""
    found, length = _found(words, lists), len(words.split())
    kinds = _as_kinds(found)
    if Kind.STOP in kinds:
        return _wish_to_stop(found, kinds, length)
    if length > SHORT:
        (kind, *others) = *kinds, None
        return Reading(kind) if kind in LASTING and others == [None] and length <= PLAIN else None
    if NEGATION in found and kinds != {Kind.CANCEL}:
        return None
    only = next(iter(kinds)) if len(kinds) == 1 else STRONGER.get(kinds)
    return Reading(only) if only and only is not Kind.AUTOMATIC else None


def _wish_to_stop(found: frozenset[str], kinds: frozenset[Kind], length: int) -> Reading:
    """The meaning of an answer that contains a stop word. In doubt a person reads it."""
    unsure = Reading(Kind.OTHER, unsure=True)
    if length > SHORT or NEGATION in found:
        return unsure
    if Kind.STOP in found:
        return Reading(Kind.STOP)
    if kinds & {Kind.CONFIRM, Kind.RESCHEDULE}:
        return unsure
    return Reading(Kind.CANCEL if APPOINTMENT in found else Kind.STOP)


def _misspelt(words: str, lists: Lists) -> Reading | None:
    meant = meant_by(words, lists)
    return Reading(Kind.MISSPELT, unsure=True, meant=meant) if meant else None


def _found(words: str, lists: Lists) -> frozenset[str]:
    """The lists of all entries within the words, the longest entry first: the words of one entry do not count again."""
    left, found = words.split(), set[str]()
    for size in range(min(lists.longest, len(left)), 0, -1):
        start = 0
        while start + size <= len(left):
            part = left[start : start + size]
            if "" not in part and (kinds := _inside(" ".join(part), lists)):
                found |= kinds
                left[start : start + size] = [""] * size
            start += 1
    return frozenset(found)


def _inside(words: str, lists: Lists) -> frozenset[str]:
    """Single letters and digits count only as a whole answer: "c" in "vitamin c" is no yes."""
    return lists.meanings(words) if len(words) > 1 else frozenset()


def _as_kinds(found: frozenset[str]) -> frozenset[Kind]:
    kinds = {Kind.STOP if one == STOP_OR_CANCEL else Kind(one) for one in found - {APPOINTMENT, NEGATION}}
    return frozenset(kinds)


def _is_automatic(text: str, lists: Lists) -> bool:
    """Whether the text begins with what machines write."""
    words = normalised(text[:200]).split()
    return any(
        Kind.AUTOMATIC in lists.meanings(" ".join(words[:size]))
        for size in range(2, min(lists.longest, len(words)) + 1)
    )
