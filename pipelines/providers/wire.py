"""One HTTP call to a provider: pooled connections, never a second try, and a deadline that no slow header or body outlives.

It knows for certain whether a byte of the request has left this machine: that alone decides between "may be sent
again" and "nobody can say".
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from pipelines.providers.watchdog import WATCHDOG

ANSWER_LIMIT = 4 * 1024 * 1024  # bytes; no provider's answer to a send comes near
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CallFailed(Exception):
    """No whole answer came. `written` says whether any of the request had left; `reason` is a stable code."""

    def __init__(self, reason: str, *, written: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.written = written


class _CallUnderWay(threading.local):
    """The call that this thread is making: its connection while that belongs to it, and what has happened so far."""

    deadline = float("inf")
    written = False
    was_cut = False
    connection: "_Guarded | None" = None

    def begin(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.written = self.was_cut = False

    def let_go(self) -> None:
        """End the watch, before another thread can take the connection: a late cut must not hit somebody else's call."""
        if self.connection is not None:
            WATCHDOG.release(self.connection)
            self.was_cut = self.was_cut or self.connection.was_cut
            self.connection = None


_call = _CallUnderWay()


class _Guarded:
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
        if time.monotonic() >= _call.deadline:
            raise ConnectTimeoutError(self, "the deadline passed while connecting")

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._under_way()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        if not self._greeting:
            _call.written = True
        super().send(data)  # type: ignore[misc]

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
        if _call.connection is not self:
            self._drop_handle()

    def over(self) -> None:
        """Nothing of this connection's call is left; a connection that is still open stays ready for the next."""
        if self.sock is None:  # type: ignore[attr-defined]
            self._drop_handle()

    def _under_way(self) -> None:
        _call.connection = self
        WATCHDOG.watch(self, _call.deadline)

    def _drop_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _PlainConnection(_Guarded, HTTPConnection):
    pass


class _SecureConnection(_Guarded, HTTPSConnection):
    pass


class _ReleasesFirst:
    def _put_conn(self, conn: Any) -> None:
        if conn is not None and conn is _call.connection:
            _finish()
        super()._put_conn(conn)  # type: ignore[misc]


class _PlainPool(_ReleasesFirst, HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(_ReleasesFirst, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """Requests' own adapter over guarded connections, without the cookie jar that a send has no use for."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        found = super().proxy_manager_for(proxy, **proxy_kwargs)
        found.pool_classes_by_scheme = _POOLS
        return found

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        response = Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        response.url = req.url or ""
        return response


class Line:
    """The line to one provider: base address, time limits, pool. Safe to use from many threads at once.

    `connect_timeout` and `call_timeout` are seconds; the second covers everything from the first look-up to the last
    byte of the answer. A name look-up itself cannot be cut, but nothing is written after it came too late.
    """

    def __init__(
        self, base_url: str, *, connect_timeout: float, call_timeout: float, pool_size: int = 64
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = (min(connect_timeout, call_timeout), call_timeout)
        self._session = requests.Session()
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
        # Read once: asking the environment for proxies costs more than the rest of a small call together.
        self._session.trust_env = not _is_loopback(self.base_url)
        self._environment: dict[str, Any] = {
            **self._session.merge_environment_settings(self.base_url, {}, True, None, None)
        }

    def call(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Make one call, once. `url` is absolute or a path under the base address. Raises CallFailed."""
        request = PreparedRequest()
        request.method = method
        request.url = url if url.startswith("http") else self.base_url + url
        request.headers = CaseInsensitiveDict(headers)
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Content-Length"] = str(len(body or b""))
        request.body = body
        _call.begin(self._timeout[1])
        try:
            return self._exchange(request)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise CallFailed(_reason(error), written=_call.written) from error
        finally:
            _finish()

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _exchange(self, request: PreparedRequest) -> Reply:
        response = self._adapter.send(request, timeout=self._timeout, **self._environment)
        try:
            body = _read(response)
        except BaseException:
            response.raw.close()
            raise
        _finish()
        # An answer without a length ends where the connection ends: a cut would pass for its end.
        if _call.was_cut:
            raise requests.ReadTimeout
        return Reply(response.status_code, response.headers, body)


def _finish() -> None:
    connection = _call.connection
    _call.let_go()
    if connection is not None:
        connection.over()


def _read(response: Response) -> bytes:
    chunks = []
    left = ANSWER_LIMIT
    while chunk := response.raw.read(CHUNK):
        chunks.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise requests.exceptions.ContentDecodingError
    response.raw.release_conn()
    return b"".join(chunks)


def _reason(error: Exception) -> str:
    connection = _call.connection
    if _call.was_cut or (connection and connection.was_cut) or time.monotonic() >= _call.deadline:
        return "deadline"
    if isinstance(error, requests.Timeout) and not _call.written:  # also a TLS greeting that takes too long
        return "connect_timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    return "connection_lost" if _call.written else "no_connection"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
