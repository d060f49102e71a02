"""How long an errand may call others. All errands share one task, so one that waits too long would keep the rest from running."""

import time

SECONDS = (
    60.0  # plus the last call; all errands together must end within the task's ten minutes (dags/pulse.py)
)


class TimeBudget:
    """Counts from its creation. Whoever has `spent` it begins no further call, and records what is done."""

    def __init__(self, share: float = 1.0) -> None:
        """`share` is for an errand with several parts, of which none may cost the others their time."""
        self._end = time.monotonic() + SECONDS * share

    @property
    def spent(self) -> bool:
        return time.monotonic() >= self._end
