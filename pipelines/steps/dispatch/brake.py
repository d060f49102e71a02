"""Holds a lane's calls back when the provider says so: for a while, or until a person has done something."""

import random
import threading
import time

from pipelines.domain.sending import Answer, Verdict

MOST_BACK_OFF = 300.0  # seconds (P3)


class Brake:
    """Learns from every answer at once, whichever thread it came to. `refusal` is what made it stop for good, if anything did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._setbacks = 0
        self.stopped = False
        self.refusal: Answer | None = None

    def learn(self, answer: Answer) -> None:
        """Stop when the provider refuses our account; back off as it asks, else by full jitter over a doubling range."""
        with self._lock:
            match answer.verdict:
                case Verdict.PROVIDER_DOWN:
                    self.refusal = answer
                    self.stopped = True
                case Verdict.RETRY:
                    self._back_off(answer.retry_after or 0.0)
                case Verdict.ACCEPTED | Verdict.REFUSED:
                    self._setbacks = 0

    def stop(self) -> None:
        """No new call at all."""
        self.stopped = True

    def holds(self) -> float:
        """Seconds that calls are still held back for; 0 or less when they are free."""
        return self._free_at - time.monotonic()

    def _back_off(self, asked: float) -> None:
        now = time.monotonic()
        jitter = 0.0
        if self._free_at <= now:  # calls that were under way together are one setback
            self._setbacks += 1
            jitter = random.uniform(0, min(MOST_BACK_OFF, 2.0**self._setbacks))  # noqa: S311
        self._free_at = max(self._free_at, now + asked, now + jitter)
