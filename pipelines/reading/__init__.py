"""From raw bytes to rows: every physical row is read or reported, none is dropped."""

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
    """Open an uploaded file, whatever its name says, to be read row by row in constant memory while the block lasts.

    `settled` is the encoding that an earlier opening of the same file has found; without it, it is found with `hints`. Raises
    EncodingUnsure when a person has to choose it; PacketRefused, with a sentence that says what to do, when the file is no table of
    rows; and, while the batches are read, when it has more than `max_rows`. Raises TryLater when the readers of workbooks are busy.
    """
    facts = survey(path, hints, settled)
    opened = open_workbook(path) if facts.encoding is None else open_text(path, facts.encoding)
    with opened as table:
        dialect = {"kind": facts.kind} | table.dialect
        yield Rows(table.header, dialect, facts.sha256, facts.bytes, _within(table.batches, max_rows))


def _within(batches: Iterator[Batch], max_rows: int) -> Iterator[Batch]:
    """The batches, of which there is at least one, and not more than `max_rows` rows."""
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
