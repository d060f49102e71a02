"""A small disk that a test can fill: a file system in memory, mounted where the test wants it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

MEBIBYTE = 1024 * 1024


class SmallDisk:
    """What is mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Not a byte is left."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (MEBIBYTE, 4096, 1):
                with suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    def leave(self, size: int) -> None:
        """So many bytes are left."""
        self.fill()
        with self._ballast.open("rb+") as file:
            file.truncate(self._ballast.stat().st_size - size)

    def clear(self) -> None:
        """All the room is back."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount an empty disk at `folder` while the block runs. Skips the test, loudly, where that is not allowed."""
    options = f"size={megabytes}m,mode=755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        pytest.skip(
            f"A small disk cannot be mounted here, so a full disk is NOT tested: {done.stderr.strip()}"
        )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
