"""The oracle: every accepted message, one JSON line each, on disk before the answer leaves.

Lines are handed to the kernel in one write per call, so they outlive a kill of the sandbox; a half line at the end, from
a full disk, is cut off at the next start.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MESSAGES = "messages.jsonl"
HOOKS = "callbacks.jsonl"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message to one person, as the provider took it. `at` is seconds since 1970.

    `attempt` is our reference, from the callback's query or from `v:attempt`; `fate` is what becomes of it later.
    """

    id: str
    channel: str
    at: float
    to: str
    sender: str
    body: str
    fate: str
    subject: str | None = None
    html: str | None = None
    attempt: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """One callback that was sent, and how the other side answered: a status or the kind of failure."""

    id: str
    to: str
    state: str
    at: float
    url: str
    http_status: int | None
    error: str | None = None


class Journal:
    """An append-only file of JSON lines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        _cut_half_line(self._file)

    def append(self, records: Sequence[Accepted] | Sequence[Called]) -> None:
        """Write the records; when this returns they outlive this process. Raises OSError, and then none counts."""
        lines = "".join(
            _encode({k: v for k, v in _fields(record) if v is not None}) + "\n" for record in records
        )
        data = lines.encode(errors="replace")
        start = os.fstat(self._file).st_size
        if os.write(self._file, data) != len(data):
            os.ftruncate(self._file, start)
            raise OSError("the disk is full")

    def close(self) -> None:
        os.close(self._file)


def read_messages(folder: Path) -> Iterator[Accepted]:
    """Every message the sandbox in `folder` has accepted, oldest first."""
    path = folder / MESSAGES
    if path.exists():
        with path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield Accepted(**json.loads(line))


def _fields(record: Accepted | Called) -> list[tuple[str, object]]:
    return [(name, getattr(record, name)) for name in record.__slots__]


def _cut_half_line(file: int) -> None:
    size = os.fstat(file).st_size
    keep = size
    while keep:
        step = min(keep, 65536)
        found = os.pread(file, step, keep - step).rfind(b"\n")
        if found >= 0:
            keep = keep - step + found + 1
            break
        keep -= step
    if keep != size:
        os.ftruncate(file, keep)
