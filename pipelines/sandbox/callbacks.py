"""Sends callbacks about the messages in the background, a few at once, signed as the service signs them."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.sandbox.faults import Action, Rule
from pipelines.sandbox.journal import Accepted, Called, Journal
from pipelines.sandbox.post import Poster
from pipelines.sandbox.service import Change, Service

BUSY_FOR = 0.1  # seconds after a call was accepted
BUSY_PACE = 100  # callbacks per second while calls come in: callbacks must not slow down accepting


@dataclass(frozen=True, slots=True)
class Due:
    """One callback to be sent: a message and what happened to it."""

    message: Accepted
    change: Change
    url: str
    tries: int = 0
    hurried: bool = False  # a fault script wants it fast: it is not slowed down while calls come in


class Callbacks:
    """The queue of callbacks and the workers that send them."""

    def __init__(self, services: Mapping[str, Service], at_once: int, journal: Journal) -> None:
        self._services = services
        self._at_once = at_once
        self._journal = journal
        self._poster = Poster()
        self._heap: list[tuple[float, int, Due]] = []
        self._order = itertools.count()
        self._wake_up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._accepted_at = 0.0
        self.sent = 0

    @property
    def waiting(self) -> int:
        return len(self._heap)

    def busy(self, seconds: float) -> bool:
        """Whether a call was accepted within the last `seconds`."""
        return time.monotonic() - self._accepted_at < seconds

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._at_once)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._poster.close()

    def plan(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Queue the callbacks of these messages, changed by the fault rules that apply to each."""
        self._accepted_at = time.monotonic()
        for at, due in self._planned(messages, rules):
            self._push(at, due)
        self._wake_up.set()

    async def post_before_the_answer(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Send all callbacks now, and return when they have been answered."""
        for _at, due in self._planned(messages, rules):
            await self._send(due)

    def _planned(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        for message in messages:
            if message.callback:
                matching = [rule for rule in rules if rule.concerns(message)]
                yield from self._schedule(message, message.callback, matching)

    def _schedule(self, message: Accepted, url: str, rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        service = self._services[message.service]
        # The text is no longer needed, and a long queue must not keep it in memory.
        kept = {name: message.content[name] for name in service.callback_parts if name in message.content}
        slim = message._replace(content=kept)
        changes = service.changes(message)
        times = [change.at for change in changes]
        copies, hurried = 1, False
        for rule in rules:
            match rule.action:
                case Action.CALLBACKS_DROPPED:
                    return
                case Action.CALLBACKS_LATE:
                    times = [at + rule.seconds for at in times]
                case Action.CALLBACKS_REPEATED:
                    copies = rule.times
                case Action.CALLBACKS_REORDERED:
                    times.reverse()
                case Action.CALLBACKS_AT_ONCE:
                    times, hurried = [message.at] * len(times), True
                case Action.CALLBACKS_IN_BURSTS:
                    times, hurried = [_next_burst(at, rule.seconds) for at in times], True
        for at, change in zip(times, changes, strict=True):
            for _ in range(copies):
                yield at, Due(slim, change, url, hurried=hurried)

    def _push(self, at: float, due: Due) -> None:
        heapq.heappush(self._heap, (at, next(self._order), due))

    async def _work(self) -> None:
        while True:
            due = await self._next()
            await self._send(due)
            if self.busy(BUSY_FOR) and not due.hurried:
                await asyncio.sleep(self._at_once / BUSY_PACE)

    async def _next(self) -> Due:
        while True:
            wait = self._heap[0][0] - time.time() if self._heap else None
            if wait is not None and wait <= 0:
                return heapq.heappop(self._heap)[2]
            self._wake_up.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._wake_up.wait()
            except TimeoutError:
                continue

    async def _send(self, due: Due) -> None:
        message, service = due.message, self._services[due.message.service]
        body, headers = service.callback(message, due.change, due.url)
        status, error = None, None
        try:
            status = await self._poster.post(due.url, body, headers, service.timeout)
        except (OSError, ValueError) as failure:
            error = type(failure).__name__
        self.sent += 1
        self._journal.append(
            [Called(message.id, message.to, due.change.state, time.time(), due.url, status, error)]
        )
        if service.tries_again(status) and due.tries < len(service.retries):
            self._push(time.time() + service.retries[due.tries], replace(due, tries=due.tries + 1))
            self._wake_up.set()


def _next_burst(at: float, seconds: float) -> float:
    """The end of the interval of `seconds` that contains `at`."""
    return (at // seconds + 1) * seconds if seconds else at
