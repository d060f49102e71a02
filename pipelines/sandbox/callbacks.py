"""Sends back what became of the messages: signed as the service signs, in the background, a few at once."""

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

BUSY_FOR = 0.1  # seconds after a call was taken in
BUSY_PACE = 100  # callbacks a second while calls are being taken in: reporting must not slow down accepting


@dataclass(frozen=True, slots=True)
class Due:
    """One callback to be sent: what happened to which message."""

    message: Accepted
    change: Change
    url: str
    tries: int = 0
    hurried: bool = False  # a script wants it fast: it is not slowed down while calls are being taken in


class Callbacks:
    """The queue of callbacks and the workers that send them."""

    def __init__(self, services: Mapping[str, Service], at_once: int, journal: Journal) -> None:
        self._services = services
        self._at_once = at_once
        self._journal = journal
        self._poster = Poster()
        self._heap: list[tuple[float, int, Due]] = []
        self._order = itertools.count()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._taken_at = 0.0
        self.sent = 0

    @property
    def waiting(self) -> int:
        return len(self._heap)

    def busy(self, seconds: float) -> bool:
        """Whether a call was taken in within the last `seconds`."""
        return time.monotonic() - self._taken_at < seconds

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._at_once)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._poster.close()

    def plan(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Queue what these messages will report, bent by the rules that concern each of them."""
        self._taken_at = time.monotonic()
        for at, due in self._planned(messages, rules):
            self._push(at, due)
        self._news.set()

    async def post_before_the_answer(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> None:
        """Report all of it now, and return when the other side has answered to it."""
        for _at, due in self._planned(messages, rules):
            await self._send(due)

    def _planned(self, messages: Sequence[Accepted], rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        for message in messages:
            if message.callback:
                concerning = [rule for rule in rules if rule.concerns(message)]
                yield from self._course(message, message.callback, concerning)

    def _course(self, message: Accepted, url: str, rules: Sequence[Rule]) -> Iterator[tuple[float, Due]]:
        service = self._services[message.service]
        # The text is not needed any more, and a long queue must not hold it.
        kept = {name: message.content[name] for name in service.callback_parts if name in message.content}
        slim = message._replace(content=kept)
        course = service.changes(message)
        times = [change.at for change in course]
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
        for at, change in zip(times, course, strict=True):
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
            self._news.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
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
            self._news.set()


def _next_burst(at: float, seconds: float) -> float:
    """The end of the stretch of so many seconds in which this moment lies."""
    return (at // seconds + 1) * seconds if seconds else at
