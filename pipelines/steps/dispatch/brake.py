"""Holds back a lane's calls: when the provider asks for it, when their outcome is unknown, or until a person has acted."""

import random
import threading
import time

from pipelines.domain.sending import Answer, Verdict

MAX_BACK_OFF = 300.0  # seconds (P3)
# Seconds. Each try with a provider in trouble may lose a message, or fail again.
MIN_REFUSED, MAX_UNCLEAR = 60.0, 900.0
MAX_DOUBLINGS = 10  # of a pause: 1,024 seconds, above every limit
GROWTH = 10  # the factor by which a careful lane's calls grow with each clear answer


class Brake:
    """Learns from the answers of all threads. `refusal` is the answer that stopped it for good, `trouble` the one that caused the last pause.

    A lane starts carefully, and does so again after `max_unknown` unknown answers in a row: one call at a time, first with one message, then
    with `GROWTH` times as many after each clear answer. Above `batch_size` messages it goes at full speed (docs/decisions/0024).
    """

    def __init__(self, *, batch_size: int = 1, max_unknown: int = 3, setbacks: int = 0) -> None:
        self._batch_size, self._max_unknown = batch_size, max_unknown
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.setbacks = setbacks  # pauses in a row without a clear answer, those of earlier lanes included
        self._slowed_at = 0.0
        self._unknown = 0  # answers in a row
        self.size = 1
        self.stopped = False
        self.refusal: Answer | None = None
        self.trouble: Answer | None = None

    @property
    def careful(self) -> bool:
        """Whether calls are to be made one at a time, of `size` messages at most."""
        return self.size <= self._batch_size

    @property
    def in_doubt(self) -> bool:
        """Whether the newest answer left the outcome of its messages unknown."""
        return self._unknown > 0

    def learn(self, answer: Answer, began: float) -> None:
        """Learn from the answer to a call that began at `began` (seconds of `time.monotonic`).

        Stop when the provider refuses our account or our sender. Back off as long as it asks, else with full jitter over a doubling range. Go carefully
        when answers are unknown.
        """
        with self._lock:
            match answer.verdict:
                case Verdict.PROVIDER_DOWN | Verdict.SENDER_REFUSED:
                    self._refused(answer)
                case Verdict.RETRY:
                    self._back_off(answer)
                case Verdict.UNKNOWN if began >= self._slowed_at:
                    self._slow_down(answer)
                case Verdict.ACCEPTED | Verdict.REFUSED | Verdict.SPLIT if began >= self._slowed_at:
                    self._speed_up()
                case _:
                    pass  # the call was in flight when the lane slowed down: it says nothing about the provider since then

    def defer(self, seconds: float) -> None:
        """Hold calls back for so many seconds, since other lanes have met trouble, and go carefully then."""
        with self._lock:
            self._slowed_at = time.monotonic()
            self.size = 1
            self._hold(seconds)

    def stop(self) -> None:
        """Allow no further calls."""
        self.stopped = True

    def remaining(self) -> float:
        """Seconds for which calls are still held back; 0 or less when they may go."""
        return self._free_at - time.monotonic()

    def _refused(self, answer: Answer) -> None:
        self.stopped = True
        if self.refusal is None:  # calls in flight together count as one setback
            self.refusal = self.trouble = answer
            self.setbacks += 1
            self._hold(max(MIN_REFUSED, self._longest(MAX_UNCLEAR)))

    def _slow_down(self, answer: Answer) -> None:
        """After an unknown answer, a careful lane pauses, longer each time; a fast lane first tries a single call without a pause."""
        self._unknown += 1
        if not self.careful and self._unknown < self._max_unknown:
            return
        if self.careful:
            self.setbacks += 1
            self.trouble = answer
            longest = self._longest(MAX_UNCLEAR)
            self._hold(random.uniform(longest / 2, longest))  # noqa: S311
        self._slowed_at = time.monotonic()
        self.size = 1

    def _speed_up(self) -> None:
        self._unknown = 0
        if self.careful:
            self.size *= GROWTH
        if not self.careful:
            self.setbacks = 0

    def _back_off(self, answer: Answer) -> None:
        jitter = 0.0
        if self.remaining() <= 0:  # calls in flight together count as one setback
            self.setbacks += 1
            self.trouble = answer
            jitter = random.uniform(0, self._longest(MAX_BACK_OFF))  # noqa: S311
        self._hold(max(answer.retry_after or 0.0, jitter))

    def _longest(self, limit: float) -> float:
        """The longest pause after this many setbacks: it doubles with each, up to `limit` seconds."""
        # Setbacks are carried from lane to lane for days; 2.0**1024 would overflow.
        return min(limit, 2.0 ** min(self.setbacks, MAX_DOUBLINGS))

    def _hold(self, seconds: float) -> None:
        self._free_at = max(self._free_at, time.monotonic() + seconds)
