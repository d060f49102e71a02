"""CSV files that leave the portal: every cell quoted, and none that a spreadsheet would run as a formula (S4)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# What begins a formula or a new cell in a spreadsheet, with the full-width forms that some of them read alike.
TRIGGERS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PASSED_OVER = " \u00a0\u3000\"'"
BYTE_ORDER_MARK = "\ufeff"  # tells Excel that the file is UTF-8
ROWS_AT_ONCE = 500


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it when a spreadsheet would take it for a formula."""
    first = cell.lstrip(PASSED_OVER)[:1]
    return f"'{cell}" if first in TRIGGERS and first else cell


def csv_file(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> Iterator[str]:
    """The file in pieces, for an answer that is sent while it is made."""
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
