"""The threads of a lane that make the provider calls, with no transaction open (docs/how-nothing-is-doubled.md#the-life-of-a-message)."""

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
SLACK = 60.0  # seconds by which a lease outlives the last call begun under it
GATHER = 0.03  # seconds that an ended call waits for others: a record of twenty costs little more than a record of one


class Sent(NamedTuple):
    """A call and its answer; no answer means that the call was not made."""

    call: Call
    answer: Answer | None


class Callers:
    """Makes calls with `send` in `threads` threads. A call whose lease would not outlive it by SLACK is not made."""

    def __init__(self, send: Send, *, threads: int, call_timeout: float, brake: Brake) -> None:
        self._send, self._call_timeout, self._brake = send, call_timeout, brake
        self._todo: SimpleQueue[Call | None] = SimpleQueue()
        self._done: SimpleQueue[Sent] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"lane-{number}", daemon=True)
            for number in range(threads)
        ]
        self._enough = threading.Event()
        self._threshold = 1  # ended calls that set `_enough`
        self.in_flight = 0  # calls submitted and not collected yet

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
        """How many calls would be made immediately if they were submitted now."""
        return (1 if self._brake.careful else len(self._threads)) - self.in_flight

    def may_go(self, call: Call) -> bool:
        """Whether a call may be made: the brake is off, it is not too large for a careful lane, and its lease outlives it
        by SLACK.
        """
        held = self._brake.stopped or self._brake.remaining() > 0
        too_large = self._brake.careful and len(call.messages) > self._brake.size
        return not held and not too_large and call.lease.left() > self._call_timeout + SLACK

    def submit(self, calls: list[Call]) -> None:
        """Submit calls that are begun; `collect` returns each exactly once."""
        for call in calls:
            self._todo.put(call)
        self.in_flight += len(calls)

    def collect(self, seconds: float) -> list[Sent]:
        """The calls that have ended. Returns soon after the first one, at once when none is in flight, and after `seconds` at the latest."""
        self._wait_for(1, seconds)
        # The calls of the other threads keep the provider busy meanwhile, also while these are recorded; of two threads, none waits.
        self._wait_for(len(self._threads) // 3, GATHER)
        ended = [self._done.get() for _ in range(self._done.qsize())]
        self.in_flight -= len(ended)
        return ended

    def _wait_for(self, calls: int, seconds: float) -> None:
        self._threshold = min(calls, self.in_flight)
        self._enough.clear()
        if self._done.qsize() < self._threshold:
            self._enough.wait(seconds)

    def _work(self) -> None:
        while (call := self._todo.get()) is not None:
            self._done.put(Sent(call, self._make(call)))
            if self._done.qsize() >= self._threshold:
                self._enough.set()

    def _make(self, call: Call) -> Answer | None:
        """Make the call and learn from its answer. Never raises: otherwise the lane would wait for this call for ever."""
        # Checked here again: the process may have been frozen since the call was submitted.
        if not self.may_go(call):
            return None
        began = time.monotonic()
        answer = self._answer(call)
        try:
            self._brake.learn(answer, began)
        except Exception as error:  # noqa: BLE001 - recording the answer matters more
            log.warning("brake_broke", call_id=str(call.id), error=type(error).__name__)
        return answer

    def _answer(self, call: Call) -> Answer:
        try:
            return self._send(call.messages)
        except CannotBeSent:
            # Nothing was sent. If the call has one message, that message is the cause.
            several = len(call.messages) > 1
            return Answer(Verdict.SPLIT if several else Verdict.REFUSED, error_code="cannot_be_sent")
        except Exception as error:  # noqa: BLE001 - the provider may have the message: never send it again
            log.warning("provider_call_broke", call_id=str(call.id), error=type(error).__name__)
            return Answer(Verdict.UNKNOWN, error_code="broke")
