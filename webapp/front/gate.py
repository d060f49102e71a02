"""Limits on connections: slow ones are closed, and a caller with too many loses the most idle one."""

import asyncio
import ipaddress
import resource
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

LOOK_EVERY = 1.0  # seconds
NETWORK = 64  # bits of an IPv6 address: one caller usually has the whole network
TOO_MANY, BUSY = 429, 503


class Stage(IntEnum):
    """What a connection is doing. When a place is needed, the lowest stage is closed first, but never ANSWERING."""

    CLOSING = 0  # closed by us; the last bytes are not read yet
    IDLE = 1  # between two requests, or before the first
    REST = 2  # answered, but still sending its body
    HEAD = 3  # sending the head of a request
    BODY = 4  # sending its body
    STALLED = 5  # not reading its answer
    ANSWERING = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that each stage may take. A body gets one more second for each `min_rate` bytes received."""

    head: float = 10.0
    head_bytes: int = 64 * 1024
    body: float = 20.0
    min_rate: int = 16 * 1024  # bytes per second
    idle: float = 30.0
    rest: float = 5.0
    unread: float = 30.0
    per_address: int = 64
    together: int = 800

    def allowed(self, stage: Stage, received: int) -> float | None:
        """Seconds for `stage`, after `received` bytes of a body; None for no limit."""
        match stage:
            case Stage.HEAD:
                return self.head
            case Stage.BODY:
                return self.body + received / self.min_rate
            case Stage.IDLE:
                return self.idle
            case Stage.REST:
                return self.rest
            case Stage.CLOSING | Stage.STALLED:
                return self.unread
        return None


class Caller(Protocol):
    """A connection, as the gate sees it. `since` is the time at which its stage was first seen."""

    address: str | None
    since: float

    def stage(self) -> Stage: ...
    def look(self, now: float) -> None: ...
    def drop(self) -> None: ...
    def refuse(self, status: int) -> None: ...


class Gate:
    """All connections of this process. `proxies` are our own, as addresses or networks; each one serves many callers."""

    def __init__(self, limits: Limits, proxies: Sequence[str] = ()) -> None:
        self.limits = limits
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._callers: dict[Caller, str | None] = {}
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._together = min(limits.together, files // 2)

    def admit(self, caller: Caller) -> None:
        """Admit a connection. If there are too many, close a more idle one; if all wait for their answers, refuse this one."""
        origin = self._origin(caller.address)
        same = [other for other, other_origin in self._callers.items() if other_origin == origin]
        if origin is not None and len(same) >= self.limits.per_address:
            admitted, status = self._make_room(same), TOO_MANY
        elif len(self._callers) >= self._together:
            admitted, status = self._make_room(self._callers), BUSY
        else:
            admitted, status = True, 0
        if admitted:
            self._callers[caller] = origin
        else:
            caller.refuse(status)

    def release(self, caller: Caller) -> None:
        """Forget a connection that has ended."""
        self._callers.pop(caller, None)

    async def keep(self) -> None:
        """Close slow connections, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for caller in list(self._callers):
                caller.look(loop.time())

    def _make_room(self, among: Iterable[Caller]) -> bool:
        idlest = min(among, key=lambda caller: (caller.stage(), caller.since))
        if idlest.stage() is Stage.ANSWERING:
            return False
        self.release(idlest)
        idlest.drop()
        return True

    def _origin(self, address: str | None) -> str | None:
        """What the connections are counted by; None if they are not counted."""
        if address is None:
            return None
        ip = ipaddress.ip_address(address)
        if any(ip in proxy for proxy in self._proxies):
            return None
        return address if ip.version == 4 else str(ipaddress.ip_network((address, NETWORK), strict=False))
