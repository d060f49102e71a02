"""Packet files: each is stored once, under its SHA-256, even if several packets or clients have the same bytes.

Only this module knows where they are stored: a folder in the home. An incoming file is first written to the same folder.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

import structlog
from sqlalchemy import Engine

from pipelines.errors import NoRoom, StepFailed
from pipelines.settings import Settings
from pipelines.store import room
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

UNFINISHED = "incoming-"

log = structlog.get_logger()


class Files:
    """The files that these settings describe."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, settings.files_dir

    @property
    def reserve(self) -> int:
        """The bytes that an upload must leave free on the disk."""
        return room.reserve(self._folder, self._settings.disk_reserve_bytes)

    def check_room(self, incoming: int = 0) -> None:
        """Raises NoRoom when less than the reserve would be free after `incoming` more bytes."""
        left, reserve = room.free(self._folder) - incoming, self.reserve
        if left < reserve:
            log.warning("no_room", folder=str(self._folder), bytes_left=left, bytes_reserved=reserve)
            raise NoRoom

    def spool_folder(self) -> Path:
        """Where request bodies are spooled: the system's temporary folder may be in memory."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @contextmanager
    def incoming(self) -> Iterator[tuple[Path, IO[bytes]]]:
        """A new file, as its path and a stream to write to. It is deleted after the block unless it was kept."""
        descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=self.spool_folder())
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield path, file
        finally:
            path.unlink(missing_ok=True)

    def keep(self, uow: UnitOfWork, path: Path, sha256: str) -> None:
        """Keep an incoming file. `uow` is the transaction that inserts its packet: until it ends, the file cannot be deleted."""
        uow.execute(sql("files/lock"), {"sha256": sha256})
        path.replace(self._kept(sha256))
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    @contextmanager
    def path(self, sha256: str) -> Iterator[Path]:
        """The path at which to read the file, valid within the block. Raises StepFailed when there is no such file."""
        kept = self._kept(sha256)
        if not kept.is_file():
            raise StepFailed("file_missing")
        yield kept

    def has(self, sha256: str) -> bool:
        """Whether the file is stored."""
        return self._kept(sha256).is_file()

    def delete_unless_needed(self, engine: Engine, sha256: str, besides: Sequence[UUID] = ()) -> bool:
        """Delete the file when no packet, of any client, refers to it besides these; returns whether it did."""
        with UnitOfWork(engine, every_client=True) as uow:
            uow.execute(sql("files/lock"), {"sha256": sha256})
            if uow.scalar(sql("files/references"), {"sha256": sha256, "besides": list(besides)}):
                return False
            self._kept(sha256).unlink(missing_ok=True)
        return True

    def delete_unfinished(self, before: datetime) -> int:
        """Delete incoming files that were last written before `before`: their process was killed. Returns how many."""
        count = 0
        for path in self._folder.glob(f"{UNFINISHED}*"):
            try:
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    count += 1
            except FileNotFoundError:
                continue  # its process has finished meanwhile
        return count

    def _kept(self, sha256: str) -> Path:
        return self._folder / sha256
