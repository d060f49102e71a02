"""Load maps: which column of a file is which field (R7). They are proposed with reasons and remembered by the header's fingerprint (B19)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from pipelines.domain.column_names import slug, words
from pipelines.domain.fields import ADDRESSES, BY_NAME, FIELDS, field_of, title_of
from pipelines.language import Sentence

VERSION = 1
_MIN_MATCHING = 0.6  # share of the filled sample cells that must look like the field

_NEVER_GUESSED = {  # words in the names of columns that hold other dates or numbers
    "birth", "birthday", "birthdate", "dob", "born", "naissance", "nacimiento", "created", "updated", "modified", "since", "registered",
    "fax",
}  # fmt: skip
_LOOKS = [(field.name, field.looks) for field in FIELDS if field.looks is not None]


@dataclass(frozen=True, slots=True)
class LoadMap:
    """`fields` maps each known field to its column name, `extras` each further template name.

    `formats` stores how a field is written, once that is decided, such as `{"contact_date": "DMY"}`. `region` is ISO 3166,
    `time_zone` IANA, `language` ISO 639; None means the feed's or the client's.
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
        """Raises ValueError for an unknown version."""
        if document.get("version") != VERSION:
            raise ValueError(f"load map version {document.get('version')!r} is unknown")
        return cls(**{key: value for key, value in document.items() if key != "version"})

    def positions(self, header: Sequence[str]) -> dict[str, int]:
        """The position of each field's column in `header`, from 1 as in PostgreSQL. The columns may be in any order."""
        numbers = {words(column): number for number, column in enumerate(header, 1)}
        return {
            name: numbers[words(column)] for name, column in self.fields.items() if words(column) in numbers
        }

    def extra_positions(self, header: Sequence[str]) -> dict[str, int]:
        """The position of each further template name's column, from 1."""
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
        """The difference as a sentence; None when there is none."""
        if self.missing and self.added:
            return Sentence("columns_differ", {"missing": self.missing, "added": self.added})
        if self.missing:
            return Sentence("columns_missing", {"missing": self.missing})
        return Sentence("columns_added", {"added": self.added}) if self.added else None


def fingerprint(header: Iterable[str]) -> str:
    """A digest of the column names that does not depend on order, case, accents or punctuation."""
    return hashlib.sha256("\n".join(sorted(map(words, header))).encode()).hexdigest()


def propose(
    header: Sequence[str], sample: Sequence[Sequence[str]], earlier: LoadMap | None = None
) -> tuple[LoadMap, dict[str, str]]:
    """Propose a load map for a new header, with the reason for each column.

    Columns that `earlier` maps keep their meaning, and all its formats stay, whether or not this header has the fields. Then names decide (exact ones, then synonyms), then the values in the sample. A field
    has one column: a second phone column becomes an extra.
    """
    chosen, reasons = _kept(header, earlier)
    for exact in (True, False):
        for column in header:
            name = field_of(column)
            if name and name not in chosen and column not in reasons and (slug(column) == name) is exact:
                chosen[name] = column
                reasons[column] = f"{name}: {'the same name' if exact else 'a known name for it'}"
    for index, column in enumerate(header):
        if column not in reasons:
            _take_by_values(column, [row[index] for row in sample if index < len(row)], chosen, reasons)
    extras: dict[str, str] = {}
    for column in header:
        if column not in reasons:
            name = _free_name(column, extras)
            extras[name] = column
            reasons[column] = f"kept as {name}" + _why_not(column, chosen)
    if earlier is None:
        return LoadMap(chosen, extras), reasons
    return replace(earlier, fields=chosen, extras=extras), reasons


def drift(old: LoadMap, header: Sequence[str]) -> Drift:
    """Compare a header with the one that a map was made for."""
    old_columns = {words(column): column for column in (*old.fields.values(), *old.extras.values())}
    new_columns = {words(column): column for column in header}
    return Drift(
        tuple(column for key, column in old_columns.items() if key not in new_columns),
        tuple(column for key, column in new_columns.items() if key not in old_columns),
    )


def missing_fields(load_map: LoadMap, required: Iterable[str], header: Sequence[str]) -> Sentence | None:
    """A sentence that names the required fields without a column, and the columns of the file; None when no field is missing.

    A column with date and time also provides `contact_date`. A full name does not provide `first_name` or `last_name`: a template could
    not use it. At least one address is always required.
    """
    available = {*load_map.fields, *load_map.extras}
    if "contact_at" in available:
        available |= {"contact_date", "contact_time"}
    if "contact_date" in available:
        available |= {"contact_at"}
    missing = [title_of(name) for name in required if name not in available]
    if not available & {field.name for field in ADDRESSES}:
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
            and sum(bool(look.pattern.fullmatch(cell)) for cell in filled) >= _MIN_MATCHING * len(filled)
        ):
            chosen[name] = column
            reasons[column] = f"{name}: its values look like {look.words}"
            return


def _free_name(column: str, taken: Mapping[str, str]) -> str:
    base = slug(column)
    name, number = base, 1
    while name in taken or name in BY_NAME:
        number += 1
        name = f"{base}_{number}"
    return name


def _why_not(column: str, chosen: Mapping[str, str]) -> str:
    name = field_of(column)
    return f": {chosen[name]} is already the {BY_NAME[name].title}" if name else ""
