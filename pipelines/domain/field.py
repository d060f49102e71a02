"""A field: one object per file in `pipelines/domain/fields/` (`docs/adding-a-field.md`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pipelines.domain.column_names import key

ColumnType = Literal["text", "integer", "date", "timestamptz"]
Fallback = Literal["language"]
MOMENT = "contact_at"  # its date and time are cleaned together, separately from single values
PAST_MOMENT = "past_moment"  # the code of the rule for all other moments
SYNONYM_LANGUAGES = (
    "en",
    "fr",
    "es",
)  # of the column names in files; those of our own words are the catalogues'
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Look:
    """What the cells of a field look like, for columns with an unknown name: a whole cell matches `pattern`. `words` complete "look like …"."""

    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A kind of cell that Packetboat knows, with the column of `clean_row` that has its name.

    `name` is used in templates, rules and the table, and is the name of its file. `title` is used in sentences: "The <title> is empty".
    `synonyms` are, by language, the column names that mean it. `rule` is the code of the cleaning rule for its values.

    `order`: fields are listed by it, then by name. `column`: the type of its column, to which PostgreSQL casts the clean value.
    `part_of`: the field in whose column it is stored; it then has no column itself. `text_column`: the column of `clean_row` with its
    text, if not its own. `empty`: an SQL condition over `clean_row` that is true when a row lacks the field, if that is not simply NULL
    in its column. `fallback`: the packet's setting that is used when a row has no value, so no row lacks the field. `is_address`: a
    person can be reached by it; one address is enough. `is_name`: it is part of a person's name, which tells apart two people who share
    an address.
    """

    name: str
    title: str
    synonyms: Mapping[str, tuple[str, ...]]
    rule: str
    order: int = 100
    column: ColumnType = "text"
    part_of: str | None = None
    text_column: str | None = None
    empty: str | None = None
    fallback: Fallback | None = None
    is_address: bool = False
    is_name: bool = False
    looks: Look | None = None

    @property
    def has_column(self) -> bool:
        """Whether `clean_row` has a column for it."""
        return self.part_of is None

    @property
    def text(self) -> str:
        """The column of `clean_row` with its text."""
        return self.text_column or self.name

    @property
    def as_text(self) -> str:
        """SQL over `clean_row`: the field as people, texts and rules see it, NULL if the row has none. Moments are in local time."""
        column = f"clean_row.{self.text}"
        if self.needs_local_time:
            return f"to_char(timezone(clean_row.time_zone, {column}), 'YYYY-MM-DD HH24:MI')"
        return column if self.column == "text" or self.text_column else f"cast({column} as text)"

    @property
    def needs_local_time(self) -> bool:
        """Whether it is a moment whose local time no column has."""
        return self.column == "timestamptz" and self.text_column is None

    @property
    def lacks(self) -> str:
        """An SQL condition over `clean_row`: the row lacks the field."""
        return "false" if self.fallback else self.empty or f"clean_row.{self.name} is null"

    @property
    def keys(self) -> Iterator[str]:
        """The keys (`column_names.key`) of the column names that mean it."""
        return (
            key(name) for name in (self.name, *(name for names in self.synonyms.values() for name in names))
        )


def mistakes(field: Field) -> Iterator[str]:
    """What is wrong with a field taken alone, in words that follow its name."""
    if not _NAME.fullmatch(field.name):
        yield "needs a name of at most 41 lowercase letters, digits and _"
    if not field.title or not field.title.isprintable():
        yield "needs a title"
    if sorted(field.synonyms) != sorted(SYNONYM_LANGUAGES):
        yield f"needs synonyms by language, for {', '.join(SYNONYM_LANGUAGES)}"
    elif not all(
        isinstance(names, tuple) and names and all(map(key, names)) for names in field.synonyms.values()
    ):
        yield "needs a tuple of column names for each language: a tuple of one ends with a comma"
    if field.column not in get_args(ColumnType):
        yield f"has the column type {field.column}; allowed: {', '.join(get_args(ColumnType))}"
    if field.name != MOMENT and field.text_column is not None:
        yield f"has a text_column; only {MOMENT} can have its text in another column"
    if field.name != MOMENT and (field.column == "timestamptz") != (field.rule == PAST_MOMENT):
        yield f"needs both the column type timestamptz and the rule {PAST_MOMENT}, or neither"
    if field.fallback not in (None, *get_args(Fallback)):
        yield f"has the fallback {field.fallback}; allowed: {', '.join(get_args(Fallback))}"
    if field.is_address and field.column != "text":
        yield "is an address, so its column must be text"
