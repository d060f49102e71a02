"""A process that the launcher started, and the limit on its restarts."""

import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipelines.launcher.errors import LaunchFailed
from pipelines.launcher.services import Service
from pipelines.launcher.sessions import Leader

MAX_RESTARTS = 3
RESTARTS_WITHIN = 600  # seconds
RECOVERY = 120  # seconds: how long a service may keep dying after an obstacle such as a full disk is gone


@dataclass
class Child:
    """A running process: the leader of its session, its start, and the times of its restarts."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    process: subprocess.Popen[bytes]
    leader: Leader
    since: datetime
    service: Service | None = None
    restarts: deque[float] = field(default_factory=deque)

    def count_restart(self, now: float) -> None:
        """Count a restart at `now` (seconds of `time.monotonic`).

        Raises LaunchFailed after more than MAX_RESTARTS of them, unless the process ran for RECOVERY seconds in between.
        """
        if datetime.now(UTC) - self.since > timedelta(seconds=RECOVERY):
            self.restarts.clear()  # the process itself is healthy: something else ended it
        self.restarts.append(now)
        while now - self.restarts[0] > RESTARTS_WITHIN:
            self.restarts.popleft()
        if len(self.restarts) > MAX_RESTARTS:
            raise LaunchFailed(
                "service_keeps_ending",
                service=self.name,
                times=len(self.restarts),
                minutes=RESTARTS_WITHIN // 60,
                status=self.process.returncode,
                log=self.leader.log,
            )
