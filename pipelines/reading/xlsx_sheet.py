"""Scans the XML of one sheet before it is opened: how far its cells reach, how much text they contain, which rows are hidden, which cells are errors.

The output of common spreadsheet programs is read with patterns; anything that a pattern could misread goes to an XML parser, which is slower.
"""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

_TAG = re.compile(rb"<[^<>]*>")
_STRING = re.compile(rb"<(?:\w+:)?si\b[^<>]*>")
_PREFIXED = re.compile(rb":(?:row|c)\b")
_UNNUMBERED = re.compile(rb'<c(?! r="[A-Z]{1,3}\d{1,7}"|\w)|<row(?! r="\d{1,7}"|\w)')
_ODDLY_QUOTED = re.compile(rb"=(?:\s*'|\s+\")")
_INSTRUCTION = re.compile(rb"<\?(?!xml\s)")
_ROW = re.compile(rb'<row r="(\d+)"')
_ODD_HIDDEN = re.compile(rb'\shidden(?!="(?:0|1|false|true)")')
_HIDDEN_ROW = re.compile(rb'<row r="(\d+)"[^<>]*?\shidden="(?:1|true)"')
_VALUED_COLUMN = re.compile(rb'<c r="([A-Z]+)\d+"[^<>]*(?<!/)>')
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^<>]*?\st="e"')
_REFERENCE = re.compile(rb'<c [^<>]*?\st="s"[^<>]*><v>(\d+)</v>')
_VALUES = (b"<v>", b"</v>", b"<is>", b"</is>")
_ROW_BYTES = 8 << 20  # of a row, or of the text after the last one, that are buffered for the patterns
_TRUE = {"1", "true"}


@dataclass(slots=True)
class SheetFacts:
    """Rows are numbered from 1, columns from 0. `text` counts the bytes of shared strings once for each cell that shows them."""

    hidden_rows: set[int] = field(default_factory=set)
    error_cells: dict[int, int] = field(default_factory=dict)  # row: its first column that shows an error
    last_row: int = 0
    last_column: int = 0
    text: int = 0

    def note_error(self, row: int, column: int) -> None:
        self.error_cells[row] = min(column, self.error_cells.get(row, column))


def column_number(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def string_lengths(chunks: Iterable[bytes]) -> Sequence[int] | None:
    """The length of each shared string in bytes; None when the XML is not plain enough for patterns."""
    lengths = array("Q")
    for piece in _pieces(chunks, b">"):
        if not _is_plain(piece):
            return None
        first, *others = _TAG.sub(b"", _STRING.sub(b"\0", piece)).split(b"\0")
        if lengths:
            lengths[-1] += len(first)
        lengths.extend(map(len, others))
    return lengths


def parse_string_lengths(chunks: Iterable[bytes]) -> Sequence[int]:
    """`string_lengths` for any XML. Raises ExpatError."""
    lengths = array("Q")

    def start(name: str, _attributes: dict[str, str]) -> None:
        if _local(name) == "si":
            lengths.append(0)

    def text(characters: str) -> None:
        if lengths:
            lengths[-1] += len(characters)

    _parse(chunks, start, lambda _name: None, text)
    return lengths


def sheet_facts(chunks: Iterable[bytes], shared: Sequence[int]) -> SheetFacts | None:
    """The facts of a sheet, given the lengths of the shared strings; None when the XML is not plain enough for patterns."""
    facts = SheetFacts()
    row = 0
    for piece in _pieces(chunks, b"</row>"):
        rows = list(map(int, _ROW.findall(piece)))
        if not _is_plain_sheet(piece) or [row, *rows] != sorted({row, *rows}):
            return None
        if not _note(facts, piece, row, shared):
            return None
        row = rows[-1] if rows else row
    return facts


def parse_sheet_facts(chunks: Iterable[bytes], shared: Sequence[int]) -> SheetFacts:
    """`sheet_facts` for any XML. Rows and cells without a number follow the one before them (ECMA-376, 18.3.1.4 and 18.3.1.73). Raises ExpatError."""
    sheet = _Sheet(shared)
    _parse(chunks, sheet.start, sheet.end, sheet.characters)
    return sheet.facts


def _pieces(chunks: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """The chunks, cut so that each ends with `end`, except the last and any that would become too long."""
    rest = b""
    for chunk in chunks:
        piece = rest + chunk
        cut = piece.rfind(end) + len(end)
        if cut < len(end):
            cut = len(piece) if len(piece) > _ROW_BYTES else 0
        yield piece[:cut]
        rest = piece[cut:]
    yield rest


def _is_plain(piece: bytes) -> bool:
    """Whether each `<` begins a tag and each `>` ends one: no comment, no CDATA, no bracket in a text or an attribute."""
    if b"<!" in piece or b"\0" in piece or _INSTRUCTION.search(piece):
        return False
    return piece.count(b"<") == piece.count(b">")


def _is_plain_sheet(piece: bytes) -> bool:
    if not _is_plain(piece) or any(odd.search(piece) for odd in (_UNNUMBERED, _ODDLY_QUOTED, _PREFIXED)):
        return False
    return b"hidden" not in piece or not _ODD_HIDDEN.search(piece)


def _note(facts: SheetFacts, piece: bytes, row: int, shared: Sequence[int]) -> bool:
    """Add the facts of a plain piece, which begins in or after `row`; False when a cell's type is written in an unusual way."""
    valued = max(map(piece.rfind, _VALUES))
    if valued >= 0:
        number = _ROW.match(piece, max(piece.rfind(b"<row ", 0, valued), 0))
        facts.last_row = int(number[1]) if number else row
    for letters in set(_VALUED_COLUMN.findall(piece)):
        facts.last_column = max(facts.last_column, column_number(letters.decode()))
    errors = _ERROR_CELL.findall(piece) if b'="e"' in piece else []
    for letters, number in errors:
        facts.note_error(int(number), column_number(letters.decode()))
    if b"hidden" in piece:
        facts.hidden_rows.update(map(int, _HIDDEN_ROW.findall(piece)))
    references = _REFERENCE.findall(piece)
    facts.text += sum(map(shared.__getitem__, map(int, references)))
    return len(references) == piece.count(b'="s"') and len(errors) == piece.count(b'="e"')


class _Sheet:
    """Receives each tag of a sheet and keeps track of the current row and column."""

    def __init__(self, shared: Sequence[int]) -> None:
        self.facts = SheetFacts()
        self._shared = shared
        self._row, self._column = 1, 0
        self._cell_row = 1
        self._hidden = self._refers = False
        self._value = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self._row = int(attributes.get("r", self._row))
                self._hidden = attributes.get("hidden", "").strip() in _TRUE
                if self._hidden:
                    self.facts.hidden_rows.add(self._row)
            case "c":
                self._start_cell(attributes)
            case "v" | "is":
                self.facts.last_row = max(self.facts.last_row, self._cell_row)
                self.facts.last_column = max(self.facts.last_column, self._column)
                self._value = ""

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._cell_row = self._row
        if reference is not None:
            digits = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
            self._cell_row = int(digits)
            self._column = column_number(reference.removesuffix(digits).upper())
        if self._hidden:
            self.facts.hidden_rows.add(self._cell_row)
        kind = attributes.get("t")
        self._refers = kind == "s"
        if kind == "e":
            self.facts.note_error(self._cell_row, self._column)

    def characters(self, text: str) -> None:
        if self._refers:
            self._value += text

    def end(self, name: str) -> None:
        match _local(name):
            case "row":
                self._row, self._column = self._row + 1, 0
                self._hidden = False
            case "c":
                self._column += 1
                self._refers = False
            case "v" if self._refers and self._value.strip():
                self.facts.text += self._shared[int(self._value)]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parse(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
