"""From raw bytes to rows: every physical row is read or reported, none is dropped."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pipelines.errors import PacketRefused
from pipelines.reading.csv_rows import read_batches, sample_layout
from pipelines.reading.rows import Batch, Rows
from pipelines.reading.sniff import SAMPLE, XLSX, survey
from pipelines.reading.xlsx_rows import Workbook

__all__ = ["Batch", "Rows", "open_rows"]


def open_rows(path: Path, *, default_encoding: str = "cp1252", max_rows: int = 1_000_000) -> Rows:
    """Open an uploaded file, whatever its name says, ready to be read row by row in constant memory (a workbook: of its own size).

    `default_encoding` is used for text that has no byte order mark and is not UTF-8. Raises PacketRefused, with a sentence that says
    what to do, when the file is no table of rows; and, while the batches are read, when it has more than `max_rows`.
    """
    facts = survey(path, default_encoding)
    if facts.kind == XLSX:
        workbook = Workbook(path)
        header, batches = workbook.header, workbook.batches()
        dialect = {"kind": facts.kind, "sheet": workbook.sheet_name}
    else:
        assert facts.encoding is not None
        layout = sample_layout(path, facts.encoding, SAMPLE)
        header, batches = layout.header, read_batches(path, facts.encoding, layout)
        dialect = {
            "kind": facts.kind,
            "encoding": facts.encoding.removesuffix("-sig"),
            "delimiter": layout.delimiter,
        }
    return Rows(header, dialect, facts.sha256, facts.bytes, _within(batches, max_rows))


def _within(batches: Iterator[Batch], max_rows: int) -> Iterator[Batch]:
    """The batches, of which there is at least one, and not more than `max_rows` rows."""
    first = next(batches, None)
    if first is None:
        raise PacketRefused(
            "The file has column names but no rows. Upload the file with its rows.", code="no_rows"
        )
    return _counted(chain((first,), batches), max_rows)


def _counted(batches: Iterator[Batch], max_rows: int) -> Iterator[Batch]:
    count = 0
    for batch in batches:
        count += len(batch.rows)
        if count > max_rows:
            raise PacketRefused(
                f"The file has more than {max_rows:,} rows. Split it into smaller files and upload them one by one.",
                code="too_many_rows",
            )
        yield batch
