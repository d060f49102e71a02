"""Holds a lane's calls back: when the provider asks for it, when nobody knows what became of them, or until a person has done something."""

import random
import threading
import time

from pipelines.domain.sending import Answer, Verdict

MAX_BACK_OFF = 300.0  # seconds (P3)
MIN_REFUSED, MAX_UNCLEAR = (
    60.0,
    900.0,
)  # seconds: each try with a provider in trouble may cost a message, or is in vain
MAX_DOUBLINGS = 10  # of a pause: 1,024 seconds, above every limit
GROWTH = 10  # by how much the calls of a careful lane grow with each clear answer


class Brake:
    """Learns from every answer at once, whichever thread it came to. `refusal` is what made it stop for good, if anything did.

    A lane begins carefully, and does so again after `doubts` unknown answers in a row: one call at a time, of one message first, then
    of `GROWTH` times as many after each clear answer. Above `batch_size` messages it goes at full speed (docs/decisions/0024).
    """

    def __init__(self, *, batch_size: int = 1, doubts: int = 3, setbacks: int = 0) -> None:
        self._batch_size, self._doubts = batch_size, doubts
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.setbacks = setbacks  # pauses in a row without a clear answer, those of earlier lanes included
        self._slowed_at = 0.0
        self._unknown = 0  # answers in a row
        self.size = 1
        self.stopped = False
        self.refusal: Answer | None = None

    @property
    def careful(self) -> bool:
        """Whether calls are to be made one at a time, of `size` messages at most."""
        return self.size <= self._batch_size

    @property
    def in_doubt(self) -> bool:
        """Whether the newest answer left open what became of its messages."""
        return self._unknown > 0

    def learn(self, answer: Answer, began: float) -> None:
        """Take in the answer to a call that began at `began` (seconds of `time.monotonic`).

        Stop when the provider refuses our account; back off as it asks, else by full jitter over a doubling range; go carefully when
        answers are unknown.
        """
        with self._lock:
            match answer.verdict:
                case Verdict.PROVIDER_DOWN:
                    self._refused(answer)
                case Verdict.RETRY:
                    self._back_off(answer.retry_after or 0.0)
                case Verdict.UNKNOWN if began >= self._slowed_at:
                    self._doubt()
                case Verdict.ACCEPTED | Verdict.REFUSED | Verdict.SPLIT if began >= self._slowed_at:
                    self._trust()
                case _:
                    pass  # the call was under way when the lane slowed down: it says nothing of the provider since then

    def stop(self) -> None:
        """No new call at all."""
        self.stopped = True

    def holds(self) -> float:
        """Seconds that calls are still held back for; 0 or less when they are free."""
        return self._free_at - time.monotonic()

    def _refused(self, answer: Answer) -> None:
        self.stopped = True
        if self.refusal is None:  # calls that were under way together are one setback
            self.refusal = answer
            self.setbacks += 1
            self._hold(max(MIN_REFUSED, self._longest(MAX_UNCLEAR)))

    def _doubt(self) -> None:
        """A careful call that stays unknown is followed by a longer pause each time; a fast lane first tries one call at once."""
        self._unknown += 1
        if not self.careful and self._unknown < self._doubts:
            return
        if self.careful:
            self.setbacks += 1
            longest = self._longest(MAX_UNCLEAR)
            self._hold(random.uniform(longest / 2, longest))  # noqa: S311
        self._slowed_at = time.monotonic()
        self.size = 1

    def _trust(self) -> None:
        self._unknown = 0
        if self.careful:
            self.size *= GROWTH
        if not self.careful:
            self.setbacks = 0

    def _back_off(self, asked: float) -> None:
        jitter = 0.0
        if self.holds() <= 0:  # calls that were under way together are one setback
            self.setbacks += 1
            jitter = random.uniform(0, self._longest(MAX_BACK_OFF))  # noqa: S311
        self._hold(max(asked, jitter))

    def _longest(self, limit: float) -> float:
        """The longest pause after this many setbacks: it doubles with each, up to `limit` seconds."""
        # Setbacks are carried from lane to lane for days; 2.0**1024 would overflow.
        return min(limit, 2.0 ** min(self.setbacks, MAX_DOUBLINGS))

    def _hold(self, seconds: float) -> None:
        self._free_at = max(self._free_at, time.monotonic() + seconds)
