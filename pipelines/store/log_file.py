"""The log file of a process in the home's `logs`: only for its owner's eyes, and moved aside when it has grown."""

from pathlib import Path
from typing import TextIO

KEEP_BYTES = 10 * 1024 * 1024


def log_path(home: Path, name: str) -> Path:
    """Where the process called `name` writes, as in "airflow scheduler"."""
    return home / "logs" / f"{name.replace(' ', '-')}.log"


def open_log(home: Path, name: str) -> TextIO:
    """The log of `name`, open for appending. What is older than ten megabytes goes to `….log.1`, replacing the last one."""
    path = log_path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > KEEP_BYTES:
        path.replace(path.with_suffix(".log.1"))
    log = path.open("a")
    path.chmod(0o600)
    return log
