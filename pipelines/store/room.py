"""Room on a disk: what is free, what stays free for PostgreSQL and the logs, and how one sees that it is full."""

import errno
import shutil
from pathlib import Path

DISK_FULL = "53100"  # SQLSTATE, PostgreSQL manual, appendix A
FULL = {errno.ENOSPC, errno.EDQUOT}
NOTHING = 16 * 1024**2
MAX_RESERVE = 1024**3


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk or its quota is full: ours, or the one of the database."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return getattr(getattr(error, "orig", error), "sqlstate", None) == DISK_FULL


def free(folder: Path) -> int:
    """The bytes that may still be written to `folder`, or to where it would be made."""
    return shutil.disk_usage(_there(folder)).free


def nothing_left(folder: Path) -> bool:
    """Whether so little is free in `folder` that a process which writes there may die of it."""
    return free(folder) < NOTHING


def reserve(folder: Path, wanted: int | None) -> int:
    """The bytes that stay free on the disk of `folder`: as many as `wanted`, else a twentieth of the disk and at most 1 GB."""
    if wanted is not None:
        return wanted
    return min(MAX_RESERVE, shutil.disk_usage(_there(folder)).total // 20)


def _there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
