"""Room on the disk of the home: what stays free for PostgreSQL and the logs, and how one sees that a disk is full."""

import errno
import shutil
from pathlib import Path

import structlog

from pipelines.errors import NoRoom
from pipelines.settings import Settings

DISK_FULL = "53100"  # SQLSTATE, PostgreSQL manual, appendix A
FULL = {errno.ENOSPC, errno.EDQUOT}
NOTHING = 16 * 1024**2
MOST_RESERVE = 1024**3

log = structlog.get_logger()


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


def reserve(settings: Settings) -> int:
    """The bytes that an upload leaves free: as the settings say, else a twentieth of the disk and at most 1 GB."""
    if settings.disk_reserve_bytes is not None:
        return settings.disk_reserve_bytes
    return min(MOST_RESERVE, shutil.disk_usage(_there(settings.files_dir)).total // 20)


def check_room(settings: Settings, coming: int = 0) -> None:
    """Raises NoRoom when less than the reserve would be free after `coming` bytes more."""
    left, wanted = free(settings.files_dir) - coming, reserve(settings)
    if left < wanted:
        log.warning("no_room", folder=str(settings.files_dir), bytes_left=left, bytes_reserved=wanted)
        raise NoRoom


def _there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
