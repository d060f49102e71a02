"""What a field is: an object in a file of its own, in `pipelines/domain/fields/` (`docs/adding-a-field.md`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pipelines.domain.column_names import key

ColumnType = Literal["text", "integer", "date", "timestamptz"]
Fallback = Literal["language"]
LANGUAGES = ("en", "fr", "es")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Look:
    """What the cells of a field look like, for a column whose name says nothing: all of a cell fits `pattern`. `words` follow "look like"."""

    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A kind of cell that Packetboat knows, and the column of `clean_row` with its name.

    `name` is what templates, rules and the table call it, and the name of its file. `title` is for sentences: "The <title> is empty".
    `synonyms` are, by language, the names of columns that mean it. `rule` is the code of the cleaning rule for its values.

    `order`: lower ones come first wherever fields are listed, equal ones by name. `column`: the column's type, which PostgreSQL makes
    of the clean value. `part_of`: the field in whose column it is kept; then it has none itself. `text_column`: the column of
    `clean_row` with its text where that is another than its own. `empty`: an SQL condition over `clean_row` for a row that lacks the
    field, where that is something else than NULL in its column. `fallback`: the setting of the packet that stands in where a row says
    nothing; then no row lacks it. `is_address`: a person can be reached by it, and one address is enough. `is_name`: it is a part of a
    person's name, which tells apart two people with one address.
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
        """Whether `clean_row` has a column of its own for it."""
        return self.part_of is None

    @property
    def text(self) -> str:
        """The column of `clean_row` with its text."""
        return self.text_column or self.name

    @property
    def as_text(self) -> str:
        """SQL over `clean_row`: the field as people, texts and rules read it, NULL where a row has none."""
        column = f"clean_row.{self.text}"
        return column if self.column == "text" or self.text_column else f"cast({column} as text)"

    @property
    def lacks(self) -> str:
        """An SQL condition over `clean_row`: the row lacks the field."""
        return "false" if self.fallback else self.empty or f"clean_row.{self.name} is null"

    @property
    def keys(self) -> Iterator[str]:
        """The names of columns that mean it, as `column_names.key` compares them."""
        return (
            key(name) for name in (self.name, *(name for names in self.synonyms.values() for name in names))
        )


def mistakes(field: Field) -> Iterator[str]:
    """What is wrong with a field by itself, in words that follow its name."""
    if not _NAME.fullmatch(field.name):
        yield "needs a name of small letters, digits and _, at most 41"
    if not field.title or not field.title.isprintable():
        yield "needs a title"
    if sorted(field.synonyms) != sorted(LANGUAGES):
        yield f"needs synonyms by language, for {', '.join(LANGUAGES)}"
    elif not all(
        isinstance(names, tuple) and names and all(map(key, names)) for names in field.synonyms.values()
    ):
        yield "needs a tuple of column names for each language: a tuple of one ends with a comma"
    if field.column not in get_args(ColumnType):
        yield f"has a column of the type {field.column}; there are {', '.join(get_args(ColumnType))}"
    if field.column == "timestamptz" and field.text_column is None:
        yield "is a moment, which needs a text_column: what its text is depends on a time zone"
    if field.fallback not in (None, *get_args(Fallback)):
        yield f"has the fallback {field.fallback}; there is {', '.join(get_args(Fallback))}"
    if field.is_address and field.column != "text":
        yield "is an address, whose column must be text"
