"""The hands of a lane: threads that make the provider calls, with no transaction open (docs/how-nothing-is-doubled.md#the-life-of-a-message)."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple, Self

import structlog

from pipelines.domain.sending import Answer, CannotBeSent, Outgoing, Verdict
from pipelines.steps.dispatch.brake import Brake
from pipelines.steps.dispatch.claim import Call

log = structlog.get_logger()

Send = Callable[[list[Outgoing]], Answer]
GATHER = 0.01  # seconds that an end waits for others, to be written down with them


class Sent(NamedTuple):
    """A call and what came of it; no answer means that it was not made."""

    call: Call
    answer: Answer | None


class Callers:
    """`threads` threads over `send`. A call whose lease has no room left for its `call_timeout` (seconds) is not made."""

    def __init__(self, send: Send, *, threads: int, call_timeout: float, brake: Brake) -> None:
        self._send, self._call_timeout, self._brake = send, call_timeout, brake
        self._todo: SimpleQueue[Call | None] = SimpleQueue()
        self._done: SimpleQueue[Sent] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"lane-{number}", daemon=True)
            for number in range(threads)
        ]
        self._enough = threading.Event()
        self._wanted = 1
        self.out = 0  # calls handed in whose end has not been collected

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._brake.stop()
        for _thread in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def free(self) -> int:
        """How many calls would be made at once if they were handed in now."""
        return (1 if self._brake.careful else len(self._threads)) - self.out

    def may_go(self, call: Call) -> bool:
        """The gate: the lane goes on, nobody asked us to wait, the call is not too large for a careful lane, and the lease outlives it."""
        held = self._brake.stopped or self._brake.holds() > 0
        too_large = self._brake.careful and len(call.messages) > self._brake.size
        return not held and not too_large and call.lease.left() > self._call_timeout

    def take(self, calls: list[Call]) -> None:
        """Hand in calls that are begun; each comes out of `collect` exactly once."""
        for call in calls:
            self._todo.put(call)
        self.out += len(calls)

    def collect(self, seconds: float) -> list[Sent]:
        """The calls that ended; returns when there is one, soon after, or when none is left, or after `seconds`."""
        self._wait_for(1, seconds)
        self._wait_for(-(-len(self._threads) // 2), GATHER)
        found = [self._done.get() for _ in range(self._done.qsize())]
        self.out -= len(found)
        return found

    def _wait_for(self, ends: int, seconds: float) -> None:
        self._wanted = min(ends, self.out)
        self._enough.clear()
        if self._done.qsize() < self._wanted:
            self._enough.wait(seconds)

    def _work(self) -> None:
        while (call := self._todo.get()) is not None:
            self._done.put(Sent(call, self._make(call)))
            if self._done.qsize() >= self._wanted:
                self._enough.set()

    def _make(self, call: Call) -> Answer | None:
        """Make the call and learn from its answer. It never raises: the lane would wait for ever for the end of this call."""
        # The gate stands here as well: the process may have been frozen since the call was handed in.
        if not self.may_go(call):
            return None
        began = time.monotonic()
        answer = self._answer(call)
        try:
            self._brake.learn(answer, began)
        except Exception as error:  # noqa: BLE001 - what was learnt matters less than that the answer is recorded
            log.warning("brake_broke", call_id=str(call.id), error=type(error).__name__)
        return answer

    def _answer(self, call: Call) -> Answer:
        try:
            return self._send(call.messages)
        except CannotBeSent:
            # Nothing was sent. Alone, the message is the cause.
            several = len(call.messages) > 1
            return Answer(Verdict.SPLIT if several else Verdict.REFUSED, error_code="cannot_be_sent")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the provider may have it: never send it again
            log.warning("provider_call_broke", call_id=str(call.id), error=type(error).__name__)
            return Answer(Verdict.UNKNOWN, error_code="broke")
