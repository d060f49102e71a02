"""One HTTP call to a provider: pooled connections, no retries, and a deadline that also cuts slow headers and bodies.

It knows for certain whether any byte of the request has left this machine: that alone decides between "may be sent
again" and "unknown".
"""

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from pipelines.errors import SettingsError
from pipelines.providers.http.guarded import CALL, POOLS, finish

MAX_ANSWER = 4 * 1024 * 1024  # bytes; real answers to a send are far smaller
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CallFailed(Exception):
    """There was no complete answer. `written` says whether any byte of the request was sent; `reason` is a stable code."""

    def __init__(self, reason: str, *, written: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.written = written


class _Adapter(HTTPAdapter):
    """Requests' own adapter over guarded connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


class Line:
    """The line to one provider: base address, timeouts, connection pool. Safe to use from many threads.

    `connect_timeout` and `call_timeout` are in seconds; the latter covers everything from the name lookup to the last
    byte of the answer. A name lookup itself cannot be cut, but nothing is written when it took too long.
    """

    def __init__(
        self, base_url: str, *, connect_timeout: float, call_timeout: float, pool_size: int = 64
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme not in POOLS or not address.hostname:
            raise SettingsError("provider_address_wrong", address=base_url)
        self.base_url = base_url.rstrip("/")
        self._timeout = Timeout(connect=min(connect_timeout, call_timeout), read=call_timeout)
        self._seconds = call_timeout
        self._session = requests.Session()
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        for scheme in POOLS:
            self._session.mount(f"{scheme}://", self._adapter)
        self._session.trust_env = not _is_loopback(address.hostname)
        self._pool, self._target = self._find_pool()

    def call(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Make one call, once, to a path under the base address. Raises CallFailed."""
        CALL.begin(self._seconds)
        try:
            return self._exchange(method, path, headers, body)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise CallFailed(_reason(error), written=CALL.written) from error
        finally:
            finish()

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _find_pool(self) -> tuple[HTTPConnectionPool, str]:
        """The connection pool and the prefix of every path.

        Requests knows this machine's proxies and certificate authorities; looking them up costs more than a small call,
        so it is done once.
        """
        sample = requests.Request("POST", f"{self.base_url}/").prepare()
        environment: Any = self._session.merge_environment_settings(self.base_url, {}, True, None, None)
        proxies, verify, cert = (environment[name] for name in ("proxies", "verify", "cert"))
        pool = self._adapter.get_connection_with_tls_context(sample, verify, proxies=proxies, cert=cert)
        self._adapter.cert_verify(pool, self.base_url, verify, cert)  # type: ignore[no-untyped-call]
        return cast("HTTPConnectionPool", pool), self._adapter.request_url(sample, proxies).rstrip("/")

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        sized = {**headers, "Accept-Encoding": "identity", "Content-Length": str(len(body))}
        response = self._pool.urlopen(
            method,
            self._target + path,
            body=body,
            headers=sized,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=self._timeout,
            preload_content=False,
            decode_content=False,
        )
        try:
            content = _read(response)
        except BaseException:
            response.close()
            raise
        finish()
        # An answer without a length ends when the connection closes, so a cut looks like a normal end.
        if CALL.was_cut:
            raise requests.ReadTimeout
        return Reply(response.status, response.headers, content)


def _read(response: BaseHTTPResponse) -> bytes:
    chunks = []
    left = MAX_ANSWER
    while chunk := response.read(CHUNK):
        chunks.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise ValueError("the answer is too long")
        if response.length_remaining == 0:
            break
    response.release_conn()
    return b"".join(chunks)


def _reason(error: Exception) -> str:
    connection = CALL.connection
    if CALL.was_cut or (connection and connection.was_cut) or time.monotonic() >= CALL.deadline:
        return "deadline"
    if CALL.written:
        return "connection_lost"
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, NewConnectionError
    ):  # includes a TLS handshake that takes too long
        return "connect_timeout"
    return "tls" if isinstance(error, SSLError) else "no_connection"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
