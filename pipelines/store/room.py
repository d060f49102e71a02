"""Disk space: what is free, what must stay free for PostgreSQL and the logs, and which errors mean that the disk is full."""

import errno
import shutil
from pathlib import Path

DISK_FULL = "53100"  # SQLSTATE, PostgreSQL manual, appendix A
FULL = {errno.ENOSPC, errno.EDQUOT}
MIN_FREE = 16 * 1024**2
MAX_RESERVE = 1024**3


def is_full(error: BaseException) -> bool:
    """Whether an error means that a disk or quota is full: ours, or the database's."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return getattr(getattr(error, "orig", error), "sqlstate", None) == DISK_FULL


def free(folder: Path) -> int:
    """The free bytes on the disk of `folder`, which need not exist yet."""
    return shutil.disk_usage(_existing(folder)).free


def nothing_left(folder: Path) -> bool:
    """Whether so little is free that a process that writes to `folder` may crash."""
    return free(folder) < MIN_FREE


def reserve(folder: Path, configured: int | None) -> int:
    """The bytes that must stay free on the disk of `folder`: `configured`, else a twentieth of the disk but at most 1 GB."""
    if configured is not None:
        return configured
    return min(MAX_RESERVE, shutil.disk_usage(_existing(folder)).total // 20)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
