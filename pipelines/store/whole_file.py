"""Replaces small files atomically."""

from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, text: str, prepare: Callable[[Path], None] | None = None) -> None:
    """Write a new file beside `path`, call `prepare` on it and rename it: a reader sees the old text or the new one, never a part.

    When the disk is full, OSError is raised and the old text stays.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text)
        if prepare is not None:
            prepare(fresh)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
