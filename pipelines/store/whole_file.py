"""Small files that are replaced as a whole."""

from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, text: str, prepare: Callable[[Path], None] | None = None) -> None:
    """Write beside `path` and move into place, after `prepare`: a reader sees the old text or the new one, never half.

    A full disk raises OSError and leaves the old text.
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
