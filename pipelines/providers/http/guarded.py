"""Connections that can be cut from another thread, record whether a request was written, and never send twice."""

import contextlib
import socket
import threading
import time
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

from pipelines.providers.http.watchdog import WATCHDOG

MIN_TIMEOUT = 0.01  # seconds; a socket timeout of zero would mean "do not wait at all"


class CallInProgress(threading.local):
    """The call that this thread is making: its state, and its connection while the thread owns it."""

    deadline = float("inf")
    written = False
    was_cut = False
    connection: "Guarded | None" = None

    def begin(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.written = self.was_cut = False

    def release(self) -> None:
        """Stop watching before another thread can take the connection: a late cut must not hit another call."""
        if self.connection is not None:
            WATCHDOG.release(self.connection)
            self.was_cut = self.was_cut or self.connection.was_cut
            self.connection = None


CALL = CallInProgress()


class Guarded:
    """A connection that can be cut from another thread and that records whether a request was written."""

    _handle: socket.socket | None = None
    _connecting = False
    was_cut = False

    def _new_conn(self) -> socket.socket:
        # A second handle on the same socket: TLS wrapping detaches the first one, and a response that ends when the
        # connection closes outlives it.
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._drop_handle()
        self._handle = opened.dup()
        self.was_cut = False  # the pool reconnects the same object after a lost connection
        return opened

    def connect(self) -> None:
        self._watch()
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False
        if time.monotonic() >= CALL.deadline:
            raise ConnectTimeoutError(self, "the deadline passed while connecting")

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._watch()
        self._outgoing: list[bytes] = []
        super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self._connecting:
            super().send(data)  # type: ignore[misc]
            return
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        self._outgoing.append(data)

    def getresponse(self) -> Any:
        # Send head and body together: one packet and one system call instead of two.
        request = b"".join(self._outgoing)
        self._outgoing.clear()
        CALL.written = True
        self.sock.settimeout(max(CALL.deadline - time.monotonic(), MIN_TIMEOUT))  # type: ignore[attr-defined]
        # A server that refuses a large body may close before it has read it all: its answer can still be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().send(request)  # type: ignore[misc]
        return super().getresponse()  # type: ignore[misc]

    def cut(self) -> bool:
        """End the call from another thread; False while there is no socket yet."""
        if self._handle is None:
            return False
        self.was_cut = True
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        return True

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        # http.client closes the socket as soon as an answer without a length begins; the call is not over then.
        if CALL.connection is not self:
            self._drop_handle()

    def over(self) -> None:
        """End this connection's call; a connection that is still open stays usable for the next call."""
        if self.sock is None:  # type: ignore[attr-defined]
            self._drop_handle()

    def _watch(self) -> None:
        CALL.connection = self
        WATCHDOG.watch(self, CALL.deadline)

    def _drop_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _PlainConnection(Guarded, HTTPConnection):
    pass


class _SecureConnection(Guarded, HTTPSConnection):
    pass


class _ReleasesFirst:
    def _put_conn(self, conn: Any) -> None:
        if conn is not None and conn is CALL.connection:
            finish()
        super()._put_conn(conn)  # type: ignore[misc]


class _PlainPool(_ReleasesFirst, HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(_ReleasesFirst, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _PlainPool, "https": _SecurePool}


def finish() -> None:
    """The call of this thread is over: stop watching it."""
    connection = CALL.connection
    CALL.release()
    if connection is not None:
        connection.over()
