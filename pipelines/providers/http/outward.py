"""Calls to addresses that clients name (S8): only to public addresses, resolved once and connected to as resolved, without redirects."""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from pipelines.providers.http.guarded import CALL, POOLS, finish

SECONDS = 5.0
# Each can carry a private IPv4 address to a translator or tunnel: NAT64, 6to4, Teredo.
TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

_PlainPool: type[HTTPConnectionPool] = POOLS["http"]
_SecurePool: type[HTTPSConnectionPool] = POOLS["https"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address must not be called; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(url: str, *, allow_loopback: bool = False) -> SplitResult:
    """The parts of an address that a client may name. Raises Refused for its form alone; the host is looked up when it is called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("not_a_web_address") from None
    if not parts.hostname or parts.username is not None or parts.password is not None or port == 0:
        raise Refused("not_a_web_address")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise Refused("not_a_web_address")
    if parts.scheme != "https" and not (allow_loopback and parts.scheme == "http"):
        raise Refused("not_https")
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_loopback: bool = False) -> int:
    """POST once and return the status; the answer's body is not read. Raises Refused, or OSError when there is no answer in time."""
    parts = check(url, allow_loopback=allow_loopback)
    host = parts.hostname or ""
    address = _resolved(host, parts.port or 443, allow_loopback=allow_loopback)
    pool = _pool(parts, host, str(address))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    CALL.begin(SECONDS)  # also cuts an answer that comes byte by byte
    try:
        response = pool.urlopen(
            "POST", path, body=body, headers={**headers, "Host": parts.netloc}, retries=False, redirect=False,
            assert_same_host=False, timeout=Timeout(total=SECONDS), preload_content=False,
        )  # fmt: skip
        response.close()
    except (HTTPError, OSError, ValueError) as error:
        raise ConnectionError(type(error).__name__) from None
    finally:
        finish()
        pool.close()
    if CALL.was_cut:  # to http.client, headers that were cut are complete
        raise ConnectionError("cut")
    return response.status


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also within an IPv4-mapped one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in tunnel for tunnel in TUNNELS if tunnel.version == address.version):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolved(host: str, port: int, *, allow_loopback: bool) -> Address:
    """The address to connect to. If a name has several, all of them must be public: a mixture is an attack."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ConnectionError(type(error).__name__) from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    allowed = all(is_public(one) or (allow_loopback and one.is_loopback) for one in addresses)
    if not addresses or not allowed:
        raise Refused("not_public")
    return addresses[0]


def _pool(parts: SplitResult, host: str, address: str) -> HTTPConnectionPool:
    if parts.scheme == "http":
        return _PlainPool(address, parts.port or 80)
    context = ssl.create_default_context(cafile=certifi.where())
    return _SecurePool(
        address, parts.port or 443, ssl_context=context, server_hostname=host, assert_hostname=host
    )
