"""The layout of a text file: its delimiter, its header, and the lines above the header."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pipelines.errors import PacketRefused
from pipelines.reading.encoding import is_marked
from pipelines.reading.rows import COLUMN_LIMIT

DELIMITERS = ",;\t|"
_SAMPLE_RECORDS = 200
MAX_ABOVE_HEADER = 20  # records
_SEP_LINE = re.compile(r"(?:\ufeff)?\"?sep=(\t|[ !#-/:-@\[-`{-~])\"?\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"(?=(?:\D*\d){7})[+(]?[\d\s().+/-]{7,25}")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d.*)?")
_NUMBER = re.compile(r"[+-]?[\d.,]+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """`header` has tidy, unique names. `above` holds the lines above the header, `header_ends` is the header's last line."""

    delimiter: str
    header: list[str]
    above: list[tuple[int, list[str]]]  # physical line, cells
    header_ends: int


@dataclass(frozen=True, slots=True)
class _Record:
    line_no: int
    last_line: int
    cells: list[str]

    @property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell.strip())


def recognise(lines: Sequence[str]) -> Layout:
    """Recognise the layout of a file from its first physical lines. Raises PacketRefused when there is no header or it exceeds the limits."""
    declared = _SEP_LINE.fullmatch(lines[0]) if lines else None
    start = 1 if declared else 0
    delimiter = declared.group(1) if declared else _best_delimiter(lines)
    records = [record for record in _records(lines, delimiter, start) if record.filled]
    if not records:
        raise PacketRefused("blank_file")
    index = _header_index(records)
    return Layout(
        delimiter,
        header_names(records[index].cells),
        [(record.line_no, record.cells) for record in records[:index]],
        records[index].last_line,
    )


def header_names(cells: Sequence[str]) -> list[str]:
    """Column names as they are shown and matched: tidy, never empty, unique. Raises PacketRefused for a row that is not a header."""
    if len(cells) > COLUMN_LIMIT:
        raise too_many_columns()
    for number, cell in enumerate(cells, 1):
        if is_marked(cell):
            raise PacketRefused("undecodable_header", column=number)
    if looks_like_data(cells):
        raise PacketRefused("missing_header")
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        base = " ".join(_INVISIBLE.sub(" ", cell).split())[:100] or f"column {number}"
        name, copy = base, 1
        while name.casefold() in taken:
            copy += 1
            name = f"{base} ({copy})"
        taken.add(name.casefold())
        names.append(name)
    return names


def too_many_columns() -> PacketRefused:
    return PacketRefused("too_many_columns", max=COLUMN_LIMIT)


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a first row is data and not a header: it has an address, a phone number or a date, or only numbers."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if any(pattern.fullmatch(cell) for cell in filled for pattern in (_ADDRESS, _PHONE, _DATE)):
        return True
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)


def _header_index(records: Sequence[_Record]) -> int:
    """The index of the header: the first record, unless single cells above a wider table are titles (an export's name, its date)."""
    usual = Counter(len(record.cells) for record in records).most_common(1)[0][0]
    if usual > 1:
        for index, record in enumerate(records[:MAX_ABOVE_HEADER]):
            if record.filled > 1:
                return index
    return 0


def _best_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives most records the same width, preferably that of the first; csv.Sniffer fails on a third of real files."""
    best, best_score = ",", (0.0, 0, 0)
    for delimiter in DELIMITERS:
        records = [record for record in _records(lines, delimiter, 0) if record.filled]
        widths = Counter(len(record.cells) for record in records)
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if not wide:
            continue
        count, width = max(wide)
        score = (count / len(records), int(len(records[0].cells) == width), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(lines: Sequence[str], delimiter: str, start: int) -> list[_Record]:
    reader = csv.reader(islice(lines, start, None), delimiter=delimiter)
    records: list[_Record] = []
    line_no = start + 1
    try:
        for cells in islice(reader, _SAMPLE_RECORDS):
            records.append(_Record(line_no, start + reader.line_num, cells))
            line_no = start + reader.line_num + 1
    except csv.Error:  # an oversized cell: the records so far must suffice
        pass
    return records
