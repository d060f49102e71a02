"""CSV downloads: every cell is quoted, and none can be run as a formula by a spreadsheet (S4)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# Characters that start a formula or a new cell in a spreadsheet, with the full-width forms that some accept, too.
TRIGGERS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
SKIPPED = " \u00a0\u3000\"'"
BYTE_ORDER_MARK = "\ufeff"  # tells Excel that the file is UTF-8
ROWS_AT_ONCE = 500


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it if a spreadsheet would take it for a formula."""
    first = cell.lstrip(SKIPPED)[:1]
    return f"'{cell}" if first in TRIGGERS and first else cell


def csv_file(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> Iterator[str]:
    """The file in pieces, for a streamed answer."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([harmless(cell) for cell in header])
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
