"""Shared by the reading tests: write a file, and read its rows as a flat list."""

from pathlib import Path

from pipelines.reading import open_rows


def file_of(folder: Path, content: bytes | str) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows_of(path: Path, **options):
    """The opened file, and the line, cells and problem code of each row."""
    rows = []
    with open_rows(path, **options) as opened:
        for batch in opened.batches:
            codes = {problem.index: problem.code for problem in batch.problems}
            rows += [
                (line_no, cells, codes.get(index))
                for index, (line_no, cells) in enumerate(zip(batch.line_nos, batch.cells(), strict=True))
            ]
    return opened, rows


def read(folder: Path, content: bytes | str, **options):
    return rows_of(file_of(folder, content), **options)
