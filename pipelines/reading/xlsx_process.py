"""Workbooks are read in a process of their own: a small file can unfold to gigabytes, and a crash shall be that process's alone.

The reading itself is in `xlsx_child`; here it is started, listened to, and ended with the block that asked for it (docs/decisions/0009).
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
MAX_WAITING = 4  # for a turn: whoever waits keeps a thread of the portal
REPLY_TIMEOUT = 60.0  # seconds in which a child must say its next word
OUT_OF_MEMORY, BROKEN = 3, 4  # exit codes of the child

_turns = threading.BoundedSemaphore(MAX_CHILDREN)
_places = threading.BoundedSemaphore(MAX_CHILDREN + MAX_WAITING)
_log = logging.getLogger(__name__)  # structlog would triple the time that the child takes to start


@contextmanager
def open_workbook(path: Path) -> Iterator[Table]:
    """The only filled visible sheet. The child ends with the block, wherever it is then.

    Raises PacketRefused, also while batches are read, when it is no such workbook or takes more memory or time than is allowed; TryLater
    when other workbooks keep all turns.
    """
    with _turn(), _child(path) as child:
        sheet, header = _hear(child, "table")
        yield Table(header, {"sheet": sheet}, _batches(child))


def _batches(child: subprocess.Popen[bytes]) -> Iterator[Batch]:
    while content := _hear(child, "batch"):
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
    # A fresh interpreter, because a process with threads must not fork; -P, because no file of the working folder is a module of ours.
    command = [sys.executable, "-P", "-m", "pipelines.reading.xlsx_child", str(path.resolve())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _hear(child: subprocess.Popen[bytes], expected: str) -> list[Any]:
    """What the child says next; nothing after its last batch. Raises PacketRefused when it refuses the file or dies of it."""
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
        raise _dead(-signal.SIGXCPU if too_late.is_set() else child.wait())
    word, *content = cast("list[Any]", json.loads(line))
    if word == "refused":
        raise PacketRefused(Sentence.from_json(**content[0]))
    assert word in {expected, "end"}
    return content


def _dead(status: int) -> PacketRefused:
    _log.warning("The process that read a workbook ended with status %s.", status)
    if status in {OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL}:  # Rust aborts when it gets no memory
        return PacketRefused("workbook_out_of_memory")
    if status == -signal.SIGXCPU:
        return PacketRefused("workbook_too_slow")
    return PacketRefused("unreadable_workbook")
