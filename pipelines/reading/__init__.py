"""Reads the rows of an uploaded file. Every physical row is read or reported as a problem, never dropped."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from pipelines.errors import PacketRefused
from pipelines.reading.choosing import EncodingUnsure, Hints
from pipelines.reading.csv_rows import open_text
from pipelines.reading.readings import Reading
from pipelines.reading.rows import Batch, Rows
from pipelines.reading.sniff import survey
from pipelines.reading.xlsx_process import open_workbook

__all__ = ["Batch", "EncodingUnsure", "Hints", "Reading", "Rows", "open_rows"]
_NO_HINTS = Hints()


@contextmanager
def open_rows(
    path: Path, *, hints: Hints = _NO_HINTS, settled: str | None = None, max_rows: int = 1_000_000
) -> Iterator[Rows]:
    """Open an uploaded file, whatever its name, and read its rows in constant memory within the block.

    `settled` is the encoding that was decided when the same file was opened before; without it, `hints` help to decide. Raises
    EncodingUnsure when a person has to choose the encoding; PacketRefused when the file is not a table of rows or, while the batches
    are read, has more than `max_rows`; TryLater when all workbook readers are busy.
    """
    facts = survey(path, hints, settled)
    opened = open_workbook(path) if facts.encoding is None else open_text(path, facts.encoding)
    with opened as table:
        dialect = {"kind": facts.kind} | table.dialect
        yield Rows(table.header, dialect, facts.sha256, facts.bytes, _within(table.batches, max_rows))


def _within(batches: Iterator[Batch], max_rows: int) -> Iterator[Batch]:
    """Check that there is at least one batch, and at most `max_rows` rows."""
    first = next(batches, None)
    if first is None:
        raise PacketRefused("no_rows")
    return _counted(chain((first,), batches), max_rows)


def _counted(batches: Iterator[Batch], max_rows: int) -> Iterator[Batch]:
    count = 0
    for batch in batches:
        count += len(batch.rows)
        if count > max_rows:
            raise PacketRefused("too_many_rows", max=max_rows)
        yield batch
