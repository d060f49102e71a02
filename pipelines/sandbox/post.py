"""A small HTTP/1.1 client for callbacks. It reuses connections and is cheap enough not to slow down accepting."""

import asyncio
import ssl
from typing import cast
from urllib.parse import urlsplit

import httptools

MAX_IDLE = 32  # connections per origin


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self.usable = True
        self._parser: httptools.HttpResponseParser
        self._answer: asyncio.Future[int] | None = None
        self._status: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(
            "asyncio.WriteTransport", transport
        )  # uvloop's transport does not inherit from it

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the reason does not matter
        self.usable = False
        if self._status is None:
            self._fail(ConnectionResetError("the connection was closed before the answer"))
        else:
            self._succeed(self._status)  # an answer without a length ends here

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.usable = False
            self._fail(ConnectionError(str(error)))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        self.usable = self.usable and self._parser.should_keep_alive()
        self._succeed(self._parser.get_status_code())

    async def exchange(self, request: bytes) -> int:
        """Send a request and return the status of the answer. Raises OSError when there is none."""
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._status = None
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self.transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.usable = False
        if self.transport is not None:
            self.transport.close()

    def _succeed(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def _fail(self, error: OSError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


class Poster:
    """Posts bodies and returns the status of each answer."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], list[_Connection]] = {}

    async def post(self, url: str, body: bytes, headers: dict[str, str], timeout: float) -> int:  # noqa: ASYNC109
        """Raises OSError (also TimeoutError) when there is no answer within `timeout` seconds."""
        async with asyncio.timeout(timeout):
            return await self._post(url, body, headers)

    def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection = await self._connected(origin)
        try:
            status = await connection.exchange("\r\n".join([*lines, "\r\n"]).encode() + body)
        except BaseException:
            connection.close()
            raise
        idle = self._idle.setdefault(origin, [])
        if connection.usable and len(idle) < MAX_IDLE:
            idle.append(connection)
        else:
            connection.close()
        return status

    async def _connected(self, origin: tuple[str, str]) -> _Connection:
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        scheme, netloc = origin
        parts = urlsplit(f"//{netloc}")
        secure = ssl.create_default_context() if scheme == "https" else None
        port = parts.port or (443 if secure else 80)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, parts.hostname or "", port, ssl=secure)
        return connection
