"""Which column of a file is which field (R7), proposed with a reason, remembered by the header's fingerprint (B19)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from pipelines.domain.column_names import slug, words
from pipelines.domain.fields import ADDRESSES, BY_NAME, FIELDS, field_of, title_of
from pipelines.language import Sentence

VERSION = 1
_ENOUGH = 0.6  # of the filled sample cells look like the field

_NEVER_GUESSED = {  # words of columns that hold a date or a number of another kind
    "birth", "birthday", "birthdate", "dob", "born", "naissance", "nacimiento", "created", "updated", "modified", "since", "registered",
    "fax",
}  # fmt: skip
_LOOKS = [(field.name, field.looks) for field in FIELDS if field.looks is not None]


@dataclass(frozen=True, slots=True)
class LoadMap:
    """`fields` names the column of each known field, `extras` that of each further template name, both by column name.

    `formats` keeps how a field is written where that was decided, such as `{"contact_date": "DMY"}`. `region` is ISO 3166,
    `time_zone` IANA, `language` ISO 639; empty ones follow the feed or client.
    """

    fields: Mapping[str, str]
    extras: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    time_zone: str | None = None
    language: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Raises ValueError for a document of a version that this program does not know."""
        if document.get("version") != VERSION:
            raise ValueError(f"load map version {document.get('version')!r} is not known")
        return cls(**{key: value for key, value in document.items() if key != "version"})

    def positions(self, header: Sequence[str]) -> dict[str, int]:
        """The number of each field's column, from 1 as PostgreSQL counts, for a header with the same columns in any order."""
        numbers = {words(column): number for number, column in enumerate(header, 1)}
        return {
            name: numbers[words(column)] for name, column in self.fields.items() if words(column) in numbers
        }

    def extra_positions(self, header: Sequence[str]) -> dict[str, int]:
        """The number of each further template name's column, from 1."""
        numbers = {words(column): number for number, column in enumerate(header, 1)}
        return {
            name: numbers[words(column)] for name, column in self.extras.items() if words(column) in numbers
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """How a header differs from the one that a load map was made for."""

    missing: tuple[str, ...]  # columns that the map uses
    added: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)

    @property
    def sentence(self) -> Sentence | None:
        """For the people of the feed; None when nothing differs."""
        if self.missing and self.added:
            return Sentence("columns_differ", {"missing": self.missing, "added": self.added})
        if self.missing:
            return Sentence("columns_missing", {"missing": self.missing})
        return Sentence("columns_added", {"added": self.added}) if self.added else None


def fingerprint(header: Iterable[str]) -> str:
    """The same for the same columns, whatever their order, case, accents and punctuation."""
    return hashlib.sha256("\n".join(sorted(map(words, header))).encode()).hexdigest()


def propose(
    header: Sequence[str], sample: Sequence[Sequence[str]], earlier: LoadMap | None = None
) -> tuple[LoadMap, dict[str, str]]:
    """A load map for a header never seen, and for each column why it was taken for what it is.

    What `earlier` says of a column that is still there goes on. Then names decide (exact, then synonyms), then what the sample's
    values look like. A field has one column: a second phone column becomes an extra.
    """
    chosen, reasons = _kept(header, earlier)
    for exact in (True, False):
        for column in header:
            name = field_of(column)
            if name and name not in chosen and column not in reasons and (slug(column) == name) is exact:
                chosen[name] = column
                reasons[column] = f"{name}: {'the same name' if exact else 'a known name for it'}"
    for place, column in enumerate(header):
        if column not in reasons:
            _take_by_values(column, [row[place] for row in sample if place < len(row)], chosen, reasons)
    extras: dict[str, str] = {}
    for column in header:
        if column not in reasons:
            name = _free_name(column, extras)
            extras[name] = column
            reasons[column] = f"kept as {name}" + _second(column, chosen)
    if earlier is None:
        return LoadMap(chosen, extras), reasons
    formats = {name: written for name, written in earlier.formats.items() if name in chosen}
    return replace(earlier, fields=chosen, extras=extras, formats=formats), reasons


def drift(old: LoadMap, header: Sequence[str]) -> Drift:
    """What of the map's columns is missing in a header, and what the header has that the map does not know."""
    known = {words(column): column for column in (*old.fields.values(), *old.extras.values())}
    now = {words(column): column for column in header}
    return Drift(
        tuple(column for key, column in known.items() if key not in now),
        tuple(column for key, column in now.items() if key not in known),
    )


def missing_fields(load_map: LoadMap, required: Iterable[str], header: Sequence[str]) -> Sentence | None:
    """A sentence that names the required fields without a column and the columns that were found; None when all are there.

    `contact_date` is also given by a column with date and time; a name in full serves for `first_name` and `last_name` not at all,
    because a template could not use it. One address has to be there.
    """
    given = {*load_map.fields, *load_map.extras}
    if "contact_at" in given:
        given |= {"contact_date", "contact_time"}
    if "contact_date" in given:
        given |= {"contact_at"}
    missing = [title_of(name) for name in required if name not in given]
    if not given & {field.name for field in ADDRESSES}:
        missing.append(Sentence("any_of", {"any": [title_of(field.name) for field in ADDRESSES]}))
    if not missing:
        return None
    return Sentence("missing_column", {"missing": missing, "header": list(header)})


def _kept(header: Sequence[str], earlier: LoadMap | None) -> tuple[dict[str, str], dict[str, str]]:
    chosen: dict[str, str] = {}
    reasons: dict[str, str] = {}
    if earlier is not None:
        for name, number in earlier.positions(header).items():
            chosen[name] = header[number - 1]
            reasons[chosen[name]] = f"{name}: as before in this feed"
    return chosen, reasons


def _take_by_values(
    column: str, cells: Sequence[str], chosen: dict[str, str], reasons: dict[str, str]
) -> None:
    filled = [cell for cell in cells if cell.strip()]
    if field_of(column) is not None or _NEVER_GUESSED & set(
        words(column).split()
    ):  # its name already says what it is
        return
    for name, look in _LOOKS:
        taken = name in chosen or (
            name.startswith("contact_") and {"contact_at", "contact_date"} & chosen.keys()
        )
        if (
            filled
            and not taken
            and sum(bool(look.pattern.fullmatch(cell)) for cell in filled) >= _ENOUGH * len(filled)
        ):
            chosen[name] = column
            reasons[column] = f"{name}: its values look like {look.words}"
            return


def _free_name(column: str, taken: Mapping[str, str]) -> str:
    base = slug(column)
    name, again = base, 1
    while name in taken or name in BY_NAME:
        again += 1
        name = f"{base}_{again}"
    return name


def _second(column: str, chosen: Mapping[str, str]) -> str:
    name = field_of(column)
    return f": {chosen[name]} is already the {BY_NAME[name].title}" if name else ""
