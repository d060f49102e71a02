"""The result of reading a file: batches of rows in file order with their physical lines, and the problems of some rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CELL_LIMIT = 32 * 1024  # characters; a spreadsheet cell can hold 32,767
COLUMN_LIMIT = 512
UNIT_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot be used: a code of the catalogues with its params (numbers only), the column, the original cell (cut to 500
    characters), and the index of the row in its batch.
    """

    code: str
    params: Mapping[str, int] = field(default_factory=dict)
    column: str | None = None
    value: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows, usable or not; a row that `problems` names is to be held.

    Each row is one text: its cells joined with `separator`, a character that occurs in none of them. `line_nos` are physical lines, from
    1; for a row over several lines, the first of them.
    """

    line_nos: Sequence[int]
    rows: Sequence[str]
    separator: str = UNIT_SEPARATOR
    problems: Sequence[RowProblem] = ()

    def cells(self) -> list[list[str]]:
        """The rows, split into cells."""
        return [row.split(self.separator) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Table:
    """The table that a format reads. `dialect` describes its layout; `batches` can be read once."""

    header: list[str]
    dialect: dict[str, Any]
    batches: Iterator[Batch]


@dataclass(frozen=True, slots=True)
class Rows:
    """An opened file. `dialect` is what was recognised (kind, encoding, delimiter or sheet); `batches` can be read once."""

    header: list[str]
    dialect: dict[str, Any]
    sha256: str
    bytes: int
    batches: Iterator[Batch]


def storable(cell: str) -> str:
    """The closest text that PostgreSQL can store: no NUL, no undecodable byte, cut to the length limit of a cell."""
    if len(cell) > CELL_LIMIT:
        cell = cell[:CELL_LIMIT]
    if "\0" in cell:
        cell = cell.replace("\0", "\N{SYMBOL FOR NULL}")
    return cell if cell.isascii() else cell.encode("utf-8", "replace_lone").decode("utf-8")


def free_separator(cells: Sequence[str]) -> str:
    """A control or private-use character that occurs in none of the cells."""
    text = "".join(cells)
    candidates = (chr(code) for code in (0x1F, 0x1E, 0x1D, 0x1C, *range(0xE000, 0xF8FF)))
    return next(character for character in candidates if character not in text)
