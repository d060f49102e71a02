"""Takes in a stream of bytes: to disk in constant memory, with its digests, and never more than allowed."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from pipelines.errors import NoRoom, PacketRefused
from pipelines.settings import Settings
from pipelines.store.files import Files
from pipelines.store.room import is_full

CHUNK = 1 << 20
MD5_LENGTH, SHA256_LENGTH = 32, 64  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that is wholly on disk at `path`, under a name of its own until it is kept."""

    path: Path
    bytes: int
    md5: str
    sha256: str

    def check(self, digest: str | None) -> None:
        """Compare with the sender's own digest (MD5 or SHA-256, hexadecimal). Raises PacketRefused when they differ."""
        if digest is None:
            return
        wanted = digest.strip().lower().removeprefix("sha256:").removeprefix("md5:")
        known = {MD5_LENGTH: self.md5, SHA256_LENGTH: self.sha256}.get(len(wanted))
        if known is None:
            raise PacketRefused("digest_unknown")
        if known != wanted:
            raise PacketRefused("incomplete_transmission")


@contextmanager
def receive(stream: BinaryIO, settings: Settings) -> Iterator[ReceivedFile]:
    """Write a stream to an incoming file. What is not kept in the block is deleted after it.

    Raises PacketRefused beyond `upload_max_bytes`, and NoRoom before the disk is full, or when it is.
    """
    files = Files(settings)
    try:
        files.check_room()
        with files.incoming() as (path, file):
            yield _received(stream, path, file, files, settings.upload_max_bytes)
    except OSError as error:
        if is_full(error):
            raise NoRoom from None
        raise


def _received(stream: BinaryIO, path: Path, file: IO[bytes], files: Files, max_bytes: int) -> ReceivedFile:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        files.check_room(len(chunk))
        size += len(chunk)
        if size > max_bytes:
            raise PacketRefused("file_too_large", limit=max_bytes)
        md5.update(chunk)
        sha256.update(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return ReceivedFile(path, size, md5.hexdigest(), sha256.hexdigest())
