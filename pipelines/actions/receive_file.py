"""Takes in a stream of bytes: to disk in constant memory, with its digests, and never more than allowed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import NoRoom, PacketRefused
from pipelines.settings import Settings
from pipelines.store.room import check_room, is_full

CHUNK = 1 << 20
UNFINISHED = "incoming-"
MD5_LENGTH, SHA256_LENGTH = 32, 64  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that is wholly on disk at `path`, under a name of its own until it is kept."""

    path: Path
    bytes: int
    md5: str
    sha256: str

    def keep_in(self, folder: Path) -> None:
        """Give it its final name, its SHA-256. Safe to do twice with the same bytes."""
        self.path.replace(folder / self.sha256)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def check(self, digest: str | None) -> None:
        """Compare with the sender's own digest (MD5 or SHA-256, hexadecimal). Raises PacketRefused when they differ."""
        if digest is None:
            return
        wanted = digest.strip().lower().removeprefix("sha256:").removeprefix("md5:")
        known = {MD5_LENGTH: self.md5, SHA256_LENGTH: self.sha256}.get(len(wanted))
        if known is None:
            raise PacketRefused(
                "The digest that came with the file is neither MD5 nor SHA-256. Send 32 or 64 hexadecimal digits.",
                code="digest_unknown",
            )
        if known != wanted:
            raise PacketRefused(
                "The transmission was incomplete: what arrived is not what was sent (the digests differ). Send the file again.",
                code="incomplete_transmission",
            )


@contextmanager
def receive(stream: BinaryIO, settings: Settings) -> Iterator[ReceivedFile]:
    """Write a stream to `files_dir`. What is not kept in the block is deleted after it.

    Raises PacketRefused beyond `upload_max_bytes`, and NoRoom before the disk is full, or when it is.
    """
    try:
        check_room(settings)
        with _received(stream, settings) as file:
            yield file
    except OSError as error:
        if is_full(error):
            raise NoRoom from None
        raise


@contextmanager
def _received(stream: BinaryIO, settings: Settings) -> Iterator[ReceivedFile]:
    most_bytes = settings.upload_max_bytes
    settings.files_dir.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=settings.files_dir)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
            while chunk := stream.read(CHUNK):
                check_room(settings, len(chunk))
                size += len(chunk)
                if size > most_bytes:
                    raise PacketRefused(
                        f"The file is larger than {most_bytes // 2**20} MB. Split it and send the parts one by one.",
                        code="file_too_large",
                    )
                md5.update(chunk)
                sha256.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield ReceivedFile(path, size, md5.hexdigest(), sha256.hexdigest())
    finally:
        path.unlink(missing_ok=True)
