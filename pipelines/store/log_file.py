"""The log files in the home's `logs`: readable only by their owner, and moved aside when they are large."""

import io
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

MAX_BYTES = 10 * 1024 * 1024


class _LogFile(io.FileIO):
    """Drops what cannot be written: a full disk must not stop the process that logs."""

    def write(self, data: Any, /) -> int:
        with suppress(OSError):
            super().write(data)
        return memoryview(data).nbytes


def log_path(home: Path, name: str) -> Path:
    """The log of the process called `name`, such as "airflow scheduler"."""
    return home / "logs" / f"{name.replace(' ', '-')}.log"


def open_log(home: Path, name: str) -> TextIO:
    """The log of `name`, open for appending; the null device if it cannot be opened.

    A log of more than ten megabytes is first moved to `….log.1`, replacing the previous one.
    """
    path = log_path(home, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MAX_BYTES:
            path.replace(_older(path))
        log = _LogFile(path, "a")
        path.chmod(0o600)
    except OSError:
        log = _LogFile(os.devnull, "a")
    return io.TextIOWrapper(log, encoding="utf-8", write_through=True)


def cap_logs(home: Path) -> None:
    """Move logs of more than ten megabytes aside while their processes keep writing.

    A process keeps its file open, so the text is copied and the file truncated (logrotate's `copytruncate`): lines written between
    the two are lost. Logs are open for appending, so the process continues at the new end.
    """
    for path in (home / "logs").glob("*.log"):
        with suppress(OSError):
            if path.stat().st_size > MAX_BYTES:
                _move_aside(path)


def _move_aside(path: Path) -> None:
    older = _older(path)
    try:
        older.touch(0o600)
        shutil.copyfile(path, older)
    except OSError:
        older.unlink(missing_ok=True)  # no room for a copy: free disk space matters more than old lines
    os.truncate(path, 0)


def _older(path: Path) -> Path:
    return path.with_suffix(".log.1")
