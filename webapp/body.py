"""Reads the body of a request whole, in constant memory: a large one waits on disk."""

from typing import IO

from anyio import to_thread
from starlette.types import Receive

IN_MEMORY = 64 * 1024  # bytes of a body; from there on it is on disk


class TooLong(Exception):
    """More came than is allowed."""


class CallerLeft(Exception):
    """The caller has gone, or was cut: nobody waits for an answer."""


async def read_whole(receive: Receive, most: int, into: IO[bytes]) -> int:
    """Write the body to `into`, and return how many bytes it has. Raises TooLong, CallerLeft, OSError for a full disk."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise TooLong
        if size > IN_MEMORY:
            await to_thread.run_sync(into.write, chunk)
        else:
            into.write(chunk)
        more = message.get("more_body", False)
    into.seek(0)
    return size
