"""The oracle: every accepted message is written as one JSON line before the call is answered.

The lines of a call are passed to the kernel in one write, so they survive a kill of the sandbox. An incomplete last line, from a full
disk, is removed at the next start.
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
REPLIES = "replies.jsonl"


class Accepted(NamedTuple):
    """One message to one person, as a service accepted it.

    `at` is in seconds since 1970. `to` and `sender` are plain addresses, without the prefix by which a service may mark a
    channel. `content` maps the names (plain words) of the message's parts, most important first, to texts or other
    JSON values. `fate` names what happens to the message later. `attempt` is our reference, if the call contains it;
    `callback` is the address for callbacks.
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
    """One callback that was sent, and its result: an HTTP status or the kind of failure."""

    id: str
    to: str
    state: str
    at: float
    url: str
    http_status: int | None = None
    error: str | None = None


class Replied(NamedTuple):
    """One answer from a person to a message that they got, and the result of passing it on: an HTTP status or the kind of failure."""

    id: str
    service: str
    channel: str
    at: float
    sender: str
    to: str
    text: str
    http_status: int | None = None
    error: str | None = None


Record = Accepted | Called | Replied


class Journal:
    """An append-only file of JSON lines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        _cut_incomplete_line(self._file)

    def append(self, records: Sequence[Record]) -> None:
        """Write the records; afterwards they survive a kill of this process. If it raises OSError, none was written."""
        data = "".join(map(_line, records)).encode(errors="replace")
        start = os.fstat(self._file).st_size
        if os.write(self._file, data) != len(data):
            os.ftruncate(self._file, start)
            raise OSError("the disk is full")

    def close(self) -> None:
        os.close(self._file)


def read_messages(folder: Path) -> Iterator[Accepted]:
    """Every message that the sandbox in `folder` has accepted, oldest first."""
    path = folder / MESSAGES
    if path.exists():
        with path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield Accepted(**json.loads(line))


def _line(record: Record) -> str:
    """One JSON object. Twice as fast as the general encoder, because names are plain words and values mostly texts."""
    members = []
    for name, value in zip(record._fields, record):  # noqa: B905 - checking the lengths would cost 10 %
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


def _cut_incomplete_line(file: int) -> None:
    size = os.fstat(file).st_size
    keep = size
    while keep:
        step = min(keep, 65536)
        end = os.pread(file, step, keep - step).rfind(b"\n")
        if end >= 0:
            keep = keep - step + end + 1
            break
        keep -= step
    if keep != size:
        os.ftruncate(file, keep)
