"""Posts prepared requests over a few kept connections, as fast as they are answered. It runs in a process of its own."""

import asyncio
import time
from collections import deque
from multiprocessing.connection import Connection

CONNECTIONS = 32  # below the limit per address of the front
HEAD_END = b"\r\n\r\n"


def post_all(pipe: Connection, host: str, port: int, requests: list[bytes]) -> None:
    """Post each request once, beginning when the pipe says so; sends back the seconds of all, and those of each."""
    pipe.send("ready")
    pipe.recv()
    pipe.send(asyncio.run(_post_all(host, port, requests)))


async def _post_all(host: str, port: int, requests: list[bytes]) -> tuple[float, list[float]]:
    left, seconds = deque(requests), list[float]()
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_post(host, port, left, seconds))
    return time.monotonic() - began, seconds


async def _post(host: str, port: int, left: deque[bytes], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while left:
        began = time.monotonic()
        writer.write(left.popleft())
        head = await reader.readuntil(HEAD_END)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"The front answered {head[:40]!r}: the figure would be worthless.")
        seconds.append(time.monotonic() - began)
    writer.close()
