"""Runs a WSGI application in its own threads: it gets complete requests, and its answer is streamed.

`a2wsgi` keeps working for a caller that has disconnected, and blocks a thread permanently when an answer cannot be sent.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

from starlette.types import Message, Receive, Scope, Send

from webapp.body import CallerLeft

Environ = dict[str, Any]
WSGI = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def environ_of(scope: Scope) -> Environ:
    """The request in PEP 3333 form, without its body. A header name with an underscore could pass for another one, so it is dropped."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").upper().replace("-", "_")
        if b"_" in raw:
            continue
        if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            name = f"HTTP_{name}"
        text = value.decode("latin-1")
        separator = "; " if name == "HTTP_COOKIE" else ","
        environ[name] = f"{environ[name]}{separator}{text}" if name in environ else text
    return environ


class Threads:
    """`count` threads for one application. When all are busy, requests wait for a free one."""

    def __init__(self, wsgi: WSGI, count: int) -> None:
        self._wsgi = wsgi
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="portal")

    async def answer(self, environ: Environ, body: IO[bytes], receive: Receive | None, send: Send) -> None:
        """Run the application on a complete request. With `receive`, it stops at its next output after the caller disconnects."""
        loop = asyncio.get_running_loop()
        answer = _Answer(loop, send)
        watching = asyncio.create_task(_watch(receive, answer)) if receive else None
        environ |= {"wsgi.input": body}
        try:
            with suppress(CallerLeft):
                await loop.run_in_executor(self._pool, answer.run, self._wsgi, environ)
        finally:
            answer.left = True
            if watching:
                watching.cancel()


async def _watch(receive: Receive, answer: "_Answer") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    answer.left = True


class _Answer:
    """Passes the application's output from its thread to the event loop, which slows it down while the caller reads slowly."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self.left = False
        self._loop = loop
        self._send = send
        self._head: Message | None = None
        self._started = False

    def run(self, wsgi: WSGI, environ: Environ) -> None:
        chunks = wsgi(environ, self._start)
        try:
            for chunk in chunks:
                if chunk:
                    self._write(chunk)
            self._write(b"", last=True)
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._started:
            raise exc_info[1].with_traceback(exc_info[2])
        self._head = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self._write

    def _write(self, chunk: bytes, *, last: bool = False) -> None:
        if self.left:
            raise CallerLeft
        asyncio.run_coroutine_threadsafe(self._send_chunk(chunk, last), self._loop).result()

    async def _send_chunk(self, chunk: bytes, last: bool) -> None:
        head, self._head = self._head, None
        if head:
            self._started = True
            await self._send(head)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": not last})
