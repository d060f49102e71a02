"""The rows of a text file, block by block in constant memory. Plain blocks are split at once; any other block is read line by line.

A quote that is never properly closed spoils only its own line: reading resumes on the next physical line.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path

from pipelines.errors import PacketRefused
from pipelines.reading.batching import ROWS_PER_BATCH, BatchBuilder
from pipelines.reading.dialect import DELIMITERS, Layout, recognise, too_many_columns
from pipelines.reading.encoding import cut_at_line_end, decoder, is_marked, physical_lines
from pipelines.reading.flaws import flaw_of, may_show_error
from pipelines.reading.rows import CELL_LIMIT, COLUMN_LIMIT, UNIT_SEPARATOR, Batch, RowProblem, Table
from pipelines.reading.sniff import SAMPLE

BLOCK = 1 << 20  # bytes
_WAIT_FOR_QUOTE = 1 << 20  # characters of an open record after which its quote counts as unclosed
_LINE_LIMIT = 4 << 20  # characters of one physical line
_ROW_LIKE = 3  # columns from which a line with the right number of separators is a row, not text in a cell
_LINE_END = re.compile(r"\r\n?|\n")


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[Table]:
    """The rows of a text file. Raises PacketRefused when it has no header."""
    layout = sample_layout(path, encoding, SAMPLE)
    dialect = {"encoding": encoding, "delimiter": layout.delimiter}
    yield Table(layout.header, dialect, read_batches(path, encoding, layout))


def sample_layout(path: Path, encoding: str, sample_bytes: int) -> Layout:
    """Recognise the layout from the start of the file. Raises PacketRefused when that is a single line without an end."""
    with path.open("rb") as file:
        data = file.read(sample_bytes)
        whole = not file.read(1)
    text = decoder(encoding).decode(data, final=whole)
    if whole:
        return recognise(physical_lines(text))
    lines = physical_lines(cut_at_line_end(text)[0])
    if lines:
        return recognise(lines)
    if max(map(text.count, DELIMITERS)) >= COLUMN_LIMIT:
        raise too_many_columns()
    raise PacketRefused("first_line_too_long", limit=sample_bytes)


def read_batches(path: Path, encoding: str, layout: Layout) -> Iterator[Batch]:
    """Every row below the header, and the lines above it as problems; blank lines are skipped."""
    yield from _above_header(layout)
    parser = _Parser(layout)
    decode = decoder(encoding)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield from parser.feed(decode.decode(block))
    yield from parser.feed(decode.decode(b"", final=True), final=True)


class _Parser:
    """Turns decoded text into batches; keeps the start of an unfinished line or record for the next block."""

    def __init__(self, layout: Layout) -> None:
        self._header, self._delimiter = layout.header, layout.delimiter
        self._width = len(layout.header)
        self._to_skip = layout.header_ends
        self._line_no = 1  # of the next physical line
        self._rest = ""
        self._in_endless_line = False

    def feed(self, text: str, *, final: bool = False) -> Iterator[Batch]:
        if self._in_endless_line:
            text = self._leave_endless_line(text)
        whole, self._rest = (self._rest + text, "") if final else cut_at_line_end(self._rest + text)
        if self._to_skip:
            whole = self._skip_header(whole)
        if whole:
            yield from self._block(whole, final)
        if len(self._rest) > _LINE_LIMIT:
            yield from self._give_up_line()

    def _skip_header(self, whole: str) -> str:
        lines = physical_lines(whole)
        skipped = min(self._to_skip, len(lines))
        self._to_skip -= skipped
        self._line_no += skipped
        return "".join(lines[skipped:])

    def _give_up_line(self) -> Iterator[Batch]:
        whole, self._rest = cut_at_line_end(self._rest)
        if whole:  # a record that waited for its closing quote
            yield from self._block(whole, final=True)
        cells = self._rest[:CELL_LIMIT].split(self._delimiter)
        self._rest, self._in_endless_line = "", True
        builder = BatchBuilder()
        builder.add(self._line_no, cells, RowProblem("line_too_long"))
        yield from builder.drain()

    def _leave_endless_line(self, text: str) -> str:
        end = _LINE_END.search(text)
        if end is None:
            return ""
        self._in_endless_line = False
        self._line_no += 1
        return text[end.end() :]

    def _block(self, text: str, final: bool) -> Iterator[Batch]:
        batch = self._plain(text)
        if batch is not None:
            yield batch
            return
        lines = physical_lines(text)
        if self._is_ordinary(text):
            later = [lines.pop()] if '"' in lines[-1] and not final else []
            batch = self._quoted(lines)
            if batch is not None:
                self._rest = "".join((*later, self._rest))
                yield batch
                return
            lines += later
        yield from self._line_by_line(lines, final)

    def _is_ordinary(self, text: str) -> bool:
        return (
            "\0" not in text
            and UNIT_SEPARATOR not in text
            and not is_marked(text)
            and not may_show_error(text)
        )

    def _plain(self, text: str) -> Batch | None:
        """The block as one batch, without looking at single rows; None when one of them needs a closer look."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if "\r" in text or not self._is_ordinary(text):
            return None
        separated = self._separated(text.removesuffix("\n"))
        if separated is None:
            return None
        rows = separated.split("\n")
        return self._numbered(rows, len(rows)) if self._fit(rows) else None

    def _separated(self, text: str) -> str | None:
        """The lines with their cells separated; None if quotes are used other than in pairs around whole cells."""
        if '"' not in text:
            return text.replace(self._delimiter, UNIT_SEPARATOR)
        pieces = f"\n{text}\n".split('"')
        outside, inside = pieces[::2], pieces[1::2]
        ends = {self._delimiter, "\n"}
        whole_cells = all(piece[:1] in ends and piece[-1:] in ends for piece in outside)
        if not whole_cells or "\n" in "".join(inside):  # an open quote would contain the end of the text
            return None
        pieces[::2] = [piece.replace(self._delimiter, UNIT_SEPARATOR) for piece in outside]
        return "".join(pieces)[1:-1]

    def _quoted(self, lines: list[str]) -> Batch | None:
        """The block as one batch if each row is on its own line; None when one of them needs a closer look."""
        if not lines or not _is_closed(lines[-1:], self._delimiter):
            return None
        try:
            rows = list(map(UNIT_SEPARATOR.join, csv.reader(lines, delimiter=self._delimiter)))
        except csv.Error:
            return None
        if len(rows) != len(lines) or not self._fit(rows):
            return None
        return self._numbered(rows, len(lines))

    def _fit(self, rows: Sequence[str]) -> bool:
        """Whether each row has the header's width, none is blank (str.strip removes unit separators), and no cell can be too long."""
        widths = set(map(str.count, rows, repeat(UNIT_SEPARATOR)))
        return widths == {self._width - 1} and all(map(str.strip, rows)) and max(map(len, rows)) <= CELL_LIMIT

    def _numbered(self, rows: list[str], lines: int) -> Batch:
        first = self._line_no
        self._line_no += lines
        return Batch(range(first, first + lines), rows)

    def _line_by_line(self, lines: list[str], final: bool) -> Iterator[Batch]:
        builder = BatchBuilder()
        for start, end, cells, closed in self._records(lines, final):
            if cells is None:
                self._rest = "".join(chain(lines[start:], (self._rest,)))
                break
            line_no = self._line_no
            self._line_no += end - start
            if any(map(str.strip, cells)):
                builder.add(
                    line_no, cells, flaw_of(cells, self._header) if closed else RowProblem("unclosed_quote")
                )
            if len(builder) >= ROWS_PER_BATCH:
                yield from builder.drain()
        yield from builder.drain()

    def _records(self, lines: list[str], final: bool) -> Iterator[tuple[int, int, list[str] | None, bool]]:
        """Each record: its first line, the line after it, its cells, and whether its quotes are closed. Cells are None if the record may go on in the next block."""
        start = 0
        while start < len(lines):
            base, reader = start, csv.reader(lines[start:], delimiter=self._delimiter)
            restart = False
            while not restart and start < len(lines):
                try:
                    cells = next(reader)
                    end = base + reader.line_num
                    verdict = self._verdict(lines[start:end], cells, at_end=end == len(lines), final=final)
                except csv.Error:
                    verdict = False
                if verdict is None:
                    yield start, len(lines), None, False
                    return
                if verdict:
                    yield start, end, cells, True
                    start = end
                else:
                    yield start, start + 1, lines[start].rstrip("\r\n").split(self._delimiter), False
                    start, restart = start + 1, True

    def _verdict(
        self, record_lines: list[str], cells: list[str], *, at_end: bool, final: bool
    ) -> bool | None:
        """Whether the quotes of a record are correct; None if only the next block can tell."""
        if at_end and '"' in "".join(record_lines):
            if not final:
                return None if sum(map(len, record_lines)) < _WAIT_FOR_QUOTE else False
            if not _is_closed(record_lines, self._delimiter):
                return False
        if len(record_lines) == 1:
            return True
        if len(cells) != self._width:
            return False
        like_a_row = self._width - 1 if self._width >= _ROW_LIKE else -1
        return all('"' in line or line.count(self._delimiter) != like_a_row for line in record_lines[1:-1])


def _is_closed(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the last quote of the record is closed; other errors of the strict reader are ignored."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True


def _above_header(layout: Layout) -> list[Batch]:
    builder = BatchBuilder()
    for line_no, cells in layout.above:
        builder.add(line_no, cells, RowProblem("above_header"))
    return builder.drain()
