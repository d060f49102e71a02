"""One HTTP connection: uvicorn's, with limits on time and size."""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webapp.front.gate import Gate, Stage

TOO_SLOW, HEAD_TOO_LONG = 408, 431
RESET = struct.pack("ii", 1, 0)  # linger on, timeout 0: the other side gets a reset
SENDING = frozenset({Stage.HEAD, Stage.BODY})


class Connection(HttpToolsProtocol):
    """Uvicorn limits neither the time and size of a head, nor the time of a body or of an unread answer."""

    def __init__(self, gate: Gate, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.address: str | None = None
        self._gate = gate
        self._requests = 0
        self._paused = 0  # how often an answer had to wait for its reader
        self._in_head = self._in_body = False
        self._head_bytes = self._received = self._around_body = 0
        self._seen: tuple[Stage, int, int] | None = None
        self.since = self._looked = self.loop.time()

    # Events of the connection.
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
            # The rest is chunk sizes and trailers, which should be small.
            self._around_body += max(0, len(data) - (self._received - before))
            if self._around_body > self._gate.limits.head_bytes + self._received:
                self.refuse(HEAD_TOO_LONG)

    def pause_writing(self) -> None:
        self._paused += 1
        super().pause_writing()

    # Events of the parser.
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._requests += 1
        self._in_head = True
        self._head_bytes = self._received = self._around_body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. Trailers, which follow the body, are ignored and never become one (RFC 9110, 6.5.1)."""
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

    # Called by the gate.
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
        """Disconnect the caller if it has spent too long in one stage. Time during which we do not read does not count."""
        stage = self.stage()
        seen = (stage, self._requests, self._paused)
        if seen != self._seen:
            self._seen, self.since = seen, now
        elif self.flow.read_paused and stage in SENDING:
            self.since += now - self._looked
        self._looked = now
        allowed = self._gate.limits.allowed(stage, self._received)
        if allowed is None or now - self.since <= allowed:
            return
        if stage in SENDING:
            self.refuse(TOO_SLOW)
        else:
            self.drop()

    def refuse(self, status: int) -> None:
        """Close; first send the status, unless another answer has started."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle or (self._in_body and not self.cycle.response_started):
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            self.transport.write(f"{line}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            self.transport.close()
        else:
            self.drop()

    def drop(self) -> None:
        """Close the connection at once. Discard unread data, which the system would otherwise keep for hours."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()
