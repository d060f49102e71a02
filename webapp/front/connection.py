"""One HTTP connection: uvicorn's own, which also knows how long its caller has been taking."""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webapp.front.gate import Gate, Stage

TOO_SLOW, HEAD_TOO_LONG = 408, 431
RESET = struct.pack("ii", 1, 0)  # linger on, for no time: the other side gets a reset
ASKING = frozenset({Stage.HEAD, Stage.BODY})


class Connection(HttpToolsProtocol):
    """Uvicorn limits neither the time nor the size of a head, nor the time of a body, nor that of an unread answer."""

    def __init__(self, gate: Gate, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.address: str | None = None
        self._gate = gate
        self._begun = 0  # requests
        self._paused = 0  # times that an answer had to wait for its reader
        self._in_head = self._in_body = False
        self._head_bytes = self._received = self._around_body = 0
        self._seen: tuple[Stage, int, int] | None = None
        self.since = self._looked = self.loop.time()

    # What the connection does.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else None
        self._gate.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gate.release(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self._received
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._gate.limits.head_bytes:
                self.refuse(HEAD_TOO_LONG)
        elif self._in_body:
            # What is no body here is chunk sizes or trailers, which nobody needs in quantity.
            self._around_body += max(0, len(data) - (self._received - before))
            if self._around_body > self._gate.limits.head_bytes + self._received:
                self.refuse(HEAD_TOO_LONG)

    def pause_writing(self) -> None:
        self._paused += 1
        super().pause_writing()

    # What the parser finds.
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun += 1
        self._in_head = True
        self._head_bytes = self._received = self._around_body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. What comes after the body (a trailer) is nobody's business, and never becomes one (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head, self._in_body = False, True

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._received += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False

    # What the gate asks.
    def stage(self) -> Stage:
        answered = self.cycle is None or self.cycle.response_complete
        if self.transport.is_closing():
            return Stage.CLOSING
        if self.flow.write_paused and not answered:
            return Stage.STALLED
        if self._in_head:
            return Stage.HEAD
        if self._in_body:
            return Stage.REST if answered else Stage.BODY
        return Stage.IDLE if answered else Stage.ANSWERING

    def look(self, now: float) -> None:
        """Cut the caller if it has been too long at one thing. The time for which we do not read is not its fault."""
        stage = self.stage()
        seen = (stage, self._begun, self._paused)
        if seen != self._seen:
            self._seen, self.since = seen, now
        elif self.flow.read_paused and stage in ASKING:
            self.since += now - self._looked
        self._looked = now
        allowed = self._gate.limits.allowed(stage, self._received)
        if allowed is None or now - self.since <= allowed:
            return
        if stage in ASKING:
            self.refuse(TOO_SLOW)
        else:
            self.drop()

    def refuse(self, status: int) -> None:
        """Say why in one line, if the caller waits for no other answer, and close."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle or (self._in_body and not self.cycle.response_started):
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            self.transport.write(f"{line}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            self.transport.close()
        else:
            self.drop()

    def drop(self) -> None:
        """End the connection at once. What the caller has not read is thrown away, or the system would keep it for hours."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()
