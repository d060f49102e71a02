"""What the reading tests share: a file from bytes, and its rows laid out one by one."""

from pathlib import Path

from pipelines.reading import open_rows


def file_of(folder: Path, content: bytes | str) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def laid_out(path: Path, **options):
    """Header, and of each row its line, its cells and the code of its problem."""
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
    return laid_out(file_of(folder, content), **options)
