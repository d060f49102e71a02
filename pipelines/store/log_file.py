"""The log file of a process in the home's `logs`: only for its owner's eyes, and moved aside when it has grown."""

import io
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

KEEP_BYTES = 10 * 1024 * 1024


class _LogFile(io.FileIO):
    """No work stops for its log: what finds no room on the disk is dropped."""

    def write(self, data: Any, /) -> int:
        with suppress(OSError):
            super().write(data)
        return memoryview(data).nbytes


def log_path(home: Path, name: str) -> Path:
    """Where the process called `name` writes, as in "airflow scheduler"."""
    return home / "logs" / f"{name.replace(' ', '-')}.log"


def open_log(home: Path, name: str) -> TextIO:
    """The log of `name`, open for appending; the null device when it cannot be opened.

    What is older than ten megabytes goes to `….log.1`, replacing the last one.
    """
    path = log_path(home, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > KEEP_BYTES:
            path.replace(_older(path))
        log = _LogFile(path, "a")
        path.chmod(0o600)
    except OSError:
        log = _LogFile(os.devnull, "a")
    return io.TextIOWrapper(log, encoding="utf-8", write_through=True)


def cap_logs(home: Path) -> None:
    """Move what has grown beyond ten megabytes aside while its process writes on.

    The process keeps its file, so the text is copied and the file emptied (logrotate's `copytruncate`): what is written between the
    two is lost. Every log is open for appending, so the process goes on at the new end.
    """
    for path in (home / "logs").glob("*.log"):
        with suppress(OSError):
            if path.stat().st_size > KEEP_BYTES:
                _move_aside(path)


def _move_aside(path: Path) -> None:
    older = _older(path)
    try:
        older.touch(0o600)
        shutil.copyfile(path, older)
    except OSError:
        older.unlink(missing_ok=True)  # no room for both: the disk is worth more than old lines
    os.truncate(path, 0)


def _older(path: Path) -> Path:
    return path.with_suffix(".log.1")
