"""The oracle: every accepted message, one JSON line each, on disk before the answer leaves.

Lines are handed to the kernel in one write per call, so they outlive a kill of the sandbox; a half line at the end, from
a full disk, is cut off at the next start.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NamedTuple

encode_json = json.JSONEncoder(ensure_ascii=False).encode

MESSAGES = "messages.jsonl"
HOOKS = "callbacks.jsonl"


class Accepted(NamedTuple):
    """One message to one person, as a service took it.

    `at` is in seconds since 1970. `to` and `sender` are plain addresses, without the prefix by which a service may mark a
    channel. `content` holds the parts of the message by name (a plain word), the most telling first; a part is a text or any
    other JSON value. `fate` names what becomes of the message later. `attempt` is our reference, where the service finds it in
    the call; `callback` is where the service reports to.
    """

    id: str
    service: str
    channel: str
    at: float
    to: str
    sender: str
    content: Mapping[str, Any]
    fate: str
    attempt: str | None = None
    callback: str | None = None


class Called(NamedTuple):
    """One callback that was sent, and how the other side answered: a status or the kind of failure."""

    id: str
    to: str
    state: str
    at: float
    url: str
    http_status: int | None = None
    error: str | None = None


class Journal:
    """An append-only file of JSON lines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        _cut_half_line(self._file)

    def append(self, records: Sequence[Accepted] | Sequence[Called]) -> None:
        """Write the records; when this returns they outlive this process. Raises OSError, and then none counts."""
        data = "".join(map(_line, records)).encode(errors="replace")
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


def _line(record: Accepted | Called) -> str:
    """One JSON object. Its names are plain words and its values mostly texts: twice as fast as the general encoder."""
    members = []
    for name, value in zip(record._fields, record):  # noqa: B905 - a check of lengths would cost a tenth
        if type(value) is str:
            members.append(f'"{name}":{encode_basestring(value)}')
        elif type(value) is dict:
            parts = [
                f'"{part}":{encode_basestring(text) if type(text) is str else encode_json(text)}'
                for part, text in value.items()
            ]
            members.append(f'"{name}":{{{",".join(parts)}}}')
        elif value is not None:
            members.append(f'"{name}":{value!r}')  # a number
    return f"{{{','.join(members)}}}\n"


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
