"""Reads the whole body of a request in constant memory: a large one goes to disk."""

from typing import IO

from anyio import to_thread
from starlette.types import Receive

IN_MEMORY = 64 * 1024  # bytes; a larger body goes to disk


class TooLong(Exception):
    """The body is longer than allowed."""


class CallerLeft(Exception):
    """The caller disconnected or was disconnected, so no answer is needed."""


async def read_whole(receive: Receive, max_bytes: int, into: IO[bytes]) -> int:
    """Write the body to `into` and return its size in bytes. Raises TooLong, CallerLeft, or OSError when the disk is full."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise TooLong
        if size > IN_MEMORY:
            await to_thread.run_sync(into.write, chunk)
        else:
            into.write(chunk)
        more = message.get("more_body", False)
    into.seek(0)
    return size
