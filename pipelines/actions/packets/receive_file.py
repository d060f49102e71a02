"""Receives a stream of bytes: writes it to disk in constant memory, with its digests, up to a size limit."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.errors import NoRoom, PacketRefused
from pipelines.settings import Settings
from pipelines.store.files import Files
from pipelines.store.room import is_full

CHUNK = 1 << 20
MD5_LENGTH, SHA256_LENGTH = 32, 64  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that is complete on disk at `path`, under a temporary name until it is kept."""

    path: Path
    bytes: int
    md5: str
    sha256: str

    def check(self, digest: str | None) -> None:
        """Compare with the submitter's digest (MD5 or SHA-256, hexadecimal). Raises PacketRefused when they differ."""
        if digest is None:
            return
        expected = digest.strip().lower().removeprefix("sha256:").removeprefix("md5:")
        actual = {MD5_LENGTH: self.md5, SHA256_LENGTH: self.sha256}.get(len(expected))
        if actual is None:
            raise PacketRefused("digest_unknown")
        if actual != expected:
            raise PacketRefused("incomplete_transmission")


@contextmanager
def receive(stream: IO[bytes], settings: Settings) -> Iterator[ReceivedFile]:
    """Write a stream to an incoming file, which is deleted after the block unless it was kept.

    Raises PacketRefused beyond `upload_max_bytes`, and NoRoom when the disk is full or almost full.
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


def _received(stream: IO[bytes], path: Path, file: IO[bytes], files: Files, max_bytes: int) -> ReceivedFile:
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
