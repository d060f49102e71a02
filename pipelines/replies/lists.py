"""The word lists, one file per language in `words/`: a language is added with a file."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipelines.domain.replies import Kind
from pipelines.errors import SettingsError
from pipelines.replies.normal import normalised, without_accents

FOLDER = Path(__file__).with_name("words")
STOP_OR_CANCEL, APPOINTMENT, NEGATION = "stop_or_cancel", "appointment", "negation"
KINDS = (Kind.STOP, Kind.START, Kind.HELP, Kind.CONFIRM, Kind.CANCEL, Kind.RESCHEDULE, Kind.AUTOMATIC)
LISTS = (*KINDS, STOP_OR_CANCEL, APPOINTMENT, NEGATION)

Meanings = frozenset[str]


@dataclass(frozen=True)
class Lists:
    """The entries of all lists, each with the lists that it is in: as written, and without accents where that adds another spelling."""

    exact: Mapping[str, Meanings]
    plain: Mapping[str, Meanings] = field(default_factory=dict)

    def meanings(self, words: str) -> Meanings:
        """The lists that contain these normalised words; without accents only if they are in none as they are."""
        return self.exact.get(words) or self.plain.get(without_accents(words), frozenset())

    @property
    def longest(self) -> int:
        """The number of words of the longest entry."""
        return max(len(entry.split()) for entry in self.exact)


@cache
def word_lists() -> Lists:
    """The lists of every language together. Raises SettingsError for a malformed file."""
    return lists_of(FOLDER)


def lists_of(folder: Path) -> Lists:
    """The lists in the files of a folder. Raises SettingsError for a malformed file."""
    exact: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.glob("*.toml")):
        for kind, entries in _read(file).items():
            for entry in entries:
                exact[normalised(entry)].add(kind)
    plain: dict[str, set[str]] = defaultdict(set)
    for entry, kinds in exact.items():
        plain[without_accents(entry)] |= kinds
    return Lists(_frozen(exact), _frozen(plain))


def _frozen(entries: Mapping[str, set[str]]) -> dict[str, Meanings]:
    return {entry: frozenset(kinds) for entry, kinds in entries.items()}


def _read(file: Path) -> dict[str, list[str]]:
    try:
        content = tomllib.loads(file.read_text())
    except (ValueError, UnicodeDecodeError) as error:
        raise _malformed(file, str(error)) from None
    if content.pop("language", None) != file.stem:
        raise _malformed(file, f'it must say language = "{file.stem}"')
    if set(content) != set(LISTS):
        raise _malformed(file, f"it must have exactly the lists {', '.join(LISTS)}")
    for kind, entries in content.items():
        if not _are_words(entries):
            raise _malformed(file, f"{kind} must be a list of texts with letters, digits or symbols")
    return content


def _are_words(entries: object) -> bool:
    return isinstance(entries, Iterable) and all(isinstance(one, str) and normalised(one) for one in entries)


def _malformed(file: Path, problem: str) -> SettingsError:
    return SettingsError("reply_words_malformed", file=file.name, what=problem)
