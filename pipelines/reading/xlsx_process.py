"""Reads workbooks in a separate process: a small file can unfold to gigabytes, and a crash must not affect this process.

`xlsx_child` is that process. This module starts it, reads its output, and ends it together with the block (docs/decisions/0009).
"""

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pipelines.errors import PacketRefused, TryLater
from pipelines.language import Sentence
from pipelines.reading.rows import Batch, RowProblem, Table

MAX_CHILDREN = 2  # children of one process
TURN_TIMEOUT = 30.0  # seconds to wait for a turn
MAX_WAITING = 4  # for a turn; each one occupies a thread of the portal
REPLY_TIMEOUT = 60.0  # seconds in which a child must write its next line
OUT_OF_MEMORY, BROKEN = 3, 4  # exit codes of the child

_turns = threading.BoundedSemaphore(MAX_CHILDREN)
_places = threading.BoundedSemaphore(MAX_CHILDREN + MAX_WAITING)
_log = logging.getLogger(__name__)  # structlog would triple the start time of the child


@contextmanager
def open_workbook(path: Path) -> Iterator[Table]:
    """Open the only visible sheet with rows. The child process ends with the block.

    Raises PacketRefused, also while batches are read, when the workbook cannot be used or takes too much memory or time; TryLater when
    too many other workbooks are being read.
    """
    with _turn(), _child(path) as child:
        sheet, header = _receive(child, "table")
        yield Table(header, {"sheet": sheet}, _batches(child))


def _batches(child: subprocess.Popen[bytes]) -> Iterator[Batch]:
    while content := _receive(child, "batch"):
        line_nos, rows, separator, problems = content
        yield Batch(line_nos, rows, separator, [RowProblem(*problem) for problem in problems])


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise TryLater("reader_busy")
    try:
        if not _turns.acquire(timeout=TURN_TIMEOUT):
            raise TryLater("reader_busy")
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()


@contextmanager
def _child(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    # A new interpreter, because a process with threads must not fork; -P keeps files of the working folder from being imported.
    command = [sys.executable, "-P", "-m", "pipelines.reading.xlsx_child", str(path.resolve())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _receive(child: subprocess.Popen[bytes], expected: str) -> list[Any]:
    """The content of the child's next line; empty after the last batch. Raises PacketRefused when the child refuses the file or dies."""
    assert child.stdout is not None
    too_late = threading.Event()

    def give_up() -> None:
        too_late.set()
        child.kill()

    deadline = threading.Timer(REPLY_TIMEOUT, give_up)
    deadline.start()
    try:
        line = child.stdout.readline()
    finally:
        deadline.cancel()
    if not line.endswith(b"\n"):
        raise _refusal(-signal.SIGXCPU if too_late.is_set() else child.wait())
    kind, *content = cast("list[Any]", json.loads(line))
    if kind == "refused":
        raise PacketRefused(Sentence.from_json(**content[0]))
    assert kind in {expected, "end"}
    return content


def _refusal(status: int) -> PacketRefused:
    """Why the child ended with this status."""
    _log.warning("The process that read a workbook ended with status %s.", status)
    if status in {OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL}:  # Rust aborts when it is out of memory
        return PacketRefused("workbook_out_of_memory")
    if status == -signal.SIGXCPU:
        return PacketRefused("workbook_too_slow")
    return PacketRefused("unreadable_workbook")
