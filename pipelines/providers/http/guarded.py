"""Connections that can be cut from outside, that note the first byte of a request going out, and that never send twice."""

import contextlib
import socket
import threading
import time
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

from pipelines.providers.http.watchdog import WATCHDOG

SHORTEST = 0.01  # seconds; a socket's timeout of nought would mean "do not wait at all"


class CallUnderWay(threading.local):
    """The call that this thread is making: its connection while that belongs to it, and what has happened so far."""

    deadline = float("inf")
    written = False
    was_cut = False
    connection: "Guarded | None" = None

    def begin(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.written = self.was_cut = False

    def let_go(self) -> None:
        """End the watch, before another thread can take the connection: a late cut must not hit somebody else's call."""
        if self.connection is not None:
            WATCHDOG.release(self.connection)
            self.was_cut = self.was_cut or self.connection.was_cut
            self.connection = None


CALL = CallUnderWay()


class Guarded:
    """A connection that can be cut from outside and that notes the first byte of a request going out."""

    _handle: socket.socket | None = None
    _greeting = False
    was_cut = False

    def _new_conn(self) -> socket.socket:
        # A second handle on the same transport: the TLS wrapper takes the first one away, and an answer that ends
        # with its connection outlives it.
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._drop_handle()
        self._handle = opened.dup()
        self.was_cut = False  # the pool connects the same object again after a loss
        return opened

    def connect(self) -> None:
        self._under_way()
        self._greeting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._greeting = False
        if time.monotonic() >= CALL.deadline:
            raise ConnectTimeoutError(self, "the deadline passed while connecting")

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._under_way()
        self._outgoing: list[bytes] = []
        super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self._greeting:
            super().send(data)  # type: ignore[misc]
            return
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        self._outgoing.append(data)

    def getresponse(self) -> Any:
        # Head and body leave together: one packet and one system call instead of two.
        request = b"".join(self._outgoing)
        self._outgoing.clear()
        CALL.written = True
        self.sock.settimeout(max(CALL.deadline - time.monotonic(), SHORTEST))  # type: ignore[attr-defined]
        # Whoever refuses a big body closes before it is through: the refusal may be there to read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().send(request)  # type: ignore[misc]
        return super().getresponse()  # type: ignore[misc]

    def cut(self) -> bool:
        """End the call from outside; False while there is no socket yet."""
        if self._handle is None:
            return False
        self.was_cut = True
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        return True

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        # http.client closes as soon as an answer without a length begins; the call is not over then.
        if CALL.connection is not self:
            self._drop_handle()

    def over(self) -> None:
        """Nothing of this connection's call is left; a connection that is still open stays ready for the next."""
        if self.sock is None:  # type: ignore[attr-defined]
            self._drop_handle()

    def _under_way(self) -> None:
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
    """The call of this thread is over: nothing of it is watched any more."""
    connection = CALL.connection
    CALL.let_go()
    if connection is not None:
        connection.over()
