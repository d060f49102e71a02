"""A lane that leaves work behind on purpose ends well: it says why and until when, and holds neither a place nor a try (docs/decisions/0024)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pipelines.events.waiting import PATIENCE, PROVIDER_TROUBLE
from pipelines.language import Sentence
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a lane waits and for how many seconds: its messages are `due_later`, or one of PROVIDER_TROUBLE.

    `setbacks` counts the pauses in a row without a clear answer, `ready` the messages that are left.
    """

    code: str
    seconds: float
    setbacks: int
    ready: int
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waits:
    """What is known of the waiting of one channel of a packet, whichever of its lanes it was."""

    database: LaneDatabase
    client_id: UUID
    packet_id: UUID
    channel: str

    def setbacks(self) -> int:
        """How many pauses in a row there were without a clear answer of the provider."""
        rows = self.database.all(sql("steps/dispatch/setbacks"), self._channel)
        return rows[0].setbacks if rows else 0

    def note(self, wait: Wait, zone: str) -> Sentence:
        """Remember the wait; returns what the journal says of it, in the time zone `zone`."""
        values = self._channel | {"code": wait.code, "seconds": wait.seconds, "setbacks": wait.setbacks}
        until: datetime = self.database.one(
            sql("steps/dispatch/wait"), values | {"client_id": self.client_id}
        ).until
        self.database.run(
            sql("events/wait_alarm"), {"packet_id": self.packet_id, "patience_seconds": PATIENCE}
        )
        self._take_back()
        moment = until.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
        return Sentence(f"lane_waits_{wait.code}", {**wait.params, "n": wait.ready, "at": moment})

    def over(self) -> None:
        """Forget the wait: nothing is left, or nobody has to be waited for."""
        self.database.run(sql("steps/dispatch/wait_over"), self._channel)
        self._take_back()

    @property
    def _channel(self) -> dict[str, Any]:
        return {"packet_id": self.packet_id, "channel": self.channel}

    def _take_back(self) -> None:
        codes = {"packet_ids": [self.packet_id], "codes": list(PROVIDER_TROUBLE)}
        self.database.run(sql("events/wait_answered"), codes)
