"""Who may hold a connection, and for how long: the slow are cut, and whoever takes too many loses the idlest of them."""

import asyncio
import ipaddress
import resource
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

LOOK_EVERY = 1.0  # seconds
NETWORK = 64  # bits of an IPv6 address: whoever has one address has all that begin so
TOO_MANY, BUSY = 429, 503


class Stage(IntEnum):
    """What a connection is doing. When room is needed, the lowest goes first, and nobody who waits for an answer."""

    CLOSING = 0  # said good-bye; the last bytes are not read yet
    IDLE = 1  # between two requests, or before the first
    REST = 2  # answered, and still sending what nobody wants any more
    HEAD = 3  # sending the head of a request
    BODY = 4  # sending its body
    STALLED = 5  # does not read the answer that waits
    ANSWERING = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that each stage may take. A body gets more for what has come: `slowest` bytes a second on average will do."""

    head: float = 10.0
    head_bytes: int = 64 * 1024
    body: float = 20.0
    slowest: int = 16 * 1024
    idle: float = 30.0
    rest: float = 5.0
    unread: float = 30.0
    per_address: int = 64
    together: int = 800

    def allowed(self, stage: Stage, received: int) -> float | None:
        """Seconds for `stage`, after `received` bytes of a body; None: as long as it takes."""
        match stage:
            case Stage.HEAD:
                return self.head
            case Stage.BODY:
                return self.body + received / self.slowest
            case Stage.IDLE:
                return self.idle
            case Stage.REST:
                return self.rest
            case Stage.CLOSING | Stage.STALLED:
                return self.unread
        return None


class Caller(Protocol):
    """A connection, as the gate sees it. `since` is when its stage was first seen."""

    address: str | None
    since: float

    def stage(self) -> Stage: ...
    def look(self, now: float) -> None: ...
    def drop(self) -> None: ...
    def refuse(self, status: int) -> None: ...


class Gate:
    """All connections of this process. `proxies` are our own, by address or network: they bring many callers each."""

    def __init__(self, limits: Limits, proxies: Sequence[str] = ()) -> None:
        self.limits = limits
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._callers: dict[Caller, str | None] = {}
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._together = min(limits.together, files // 2)

    def admit(self, caller: Caller) -> None:
        """Let a connection in, in the place of an idler one if there are too many; refuse it if all of them wait for us."""
        whose = self._whose(caller.address)
        same = [other for other, owner in self._callers.items() if owner == whose]
        if whose is not None and len(same) >= self.limits.per_address:
            room, status = self._make_room(same), TOO_MANY
        elif len(self._callers) >= self._together:
            room, status = self._make_room(self._callers), BUSY
        else:
            room, status = True, 0
        if room:
            self._callers[caller] = whose
        else:
            caller.refuse(status)

    def release(self, caller: Caller) -> None:
        """Forget a connection that has ended."""
        self._callers.pop(caller, None)

    async def keep(self) -> None:
        """Cut who is too slow, until cancelled."""
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

    def _whose(self, address: str | None) -> str | None:
        """What connections are counted by; None: they are not."""
        if address is None:
            return None
        found = ipaddress.ip_address(address)
        if any(found in proxy for proxy in self._proxies):
            return None
        return address if found.version == 4 else str(ipaddress.ip_network((address, NETWORK), strict=False))
