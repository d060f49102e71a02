"""The process that reads one workbook: it takes from itself all memory and time beyond a limit, and writes what it reads to its output.

`python -m pipelines.reading.xlsx_child FILE` writes one JSON document a line, each a word and what belongs to it: `table` (sheet, column
names), then `batch` after `batch`, then `end`; or in place of any of them `refused` (a sentence).
"""

import json
import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from pipelines.errors import PacketRefused
from pipelines.reading.xlsx_process import BROKEN, OUT_OF_MEMORY
from pipelines.reading.xlsx_rows import Workbook

MEMORY_LIMIT = 1 << 30  # bytes of address space
TIME_LIMIT = 120  # seconds of processor time


def main(path: Path) -> None:
    _limit_itself()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        for word, *content in _told(path):
            line = json.dumps([word, *content], ensure_ascii=False, separators=(",", ":"))
            sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass") + b"\n")
            sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException:  # noqa: BLE001 - calamine's panics are no Exception, and nothing of a file may reach a log
        os._exit(BROKEN)


def _told(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        workbook = Workbook(path)
        yield "table", workbook.sheet_name, workbook.header
        for batch in workbook.batches():
            problems = [astuple(problem) for problem in batch.problems]
            yield "batch", list(batch.line_nos), list(batch.rows), batch.separator, problems
        yield ("end",)
    except PacketRefused as refused:
        yield "refused", refused.sentence.to_json()


def _limit_itself() -> None:
    limits = {
        resource.RLIMIT_AS: (MEMORY_LIMIT, MEMORY_LIMIT),
        resource.RLIMIT_CPU: (TIME_LIMIT, TIME_LIMIT + 5),  # at the second one the signal cannot be caught
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, limit in limits.items():
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, limit)


def _end_with_parent() -> None:
    """The parent holds the other end of standard input and never writes: it ends when the parent does, whatever ended it."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(BROKEN)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
