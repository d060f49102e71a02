"""The process that reads one workbook, with limits on its own memory and time, and writes the rows to its output.

`python -m pipelines.reading.xlsx_child FILE` writes one JSON array per line, which begins with its kind: `table` (sheet, column names),
then any number of `batch`, then `end`; or, instead of any of these, `refused` (a sentence).
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
        for kind, *content in _output(path):
            line = json.dumps([kind, *content], ensure_ascii=False, separators=(",", ":"))
            sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass") + b"\n")
            sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException:  # noqa: BLE001 - calamine's panics are not Exceptions, and no content may reach a log
        os._exit(BROKEN)


def _output(path: Path) -> Iterator[tuple[Any, ...]]:
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
        resource.RLIMIT_CPU: (TIME_LIMIT, TIME_LIMIT + 5),  # the signal at the hard limit cannot be caught
        resource.RLIMIT_CORE: (0, 0),
    }
    for resource_kind, limit in limits.items():
        with suppress(ValueError, OSError):  # macOS does not limit address space
            resource.setrlimit(resource_kind, limit)


def _end_with_parent() -> None:
    """Exit when standard input closes. The parent never writes to it, so it closes when the parent ends for any reason."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(BROKEN)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
