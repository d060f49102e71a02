"""A lane that has to wait long succeeds: it records why and until when, and uses neither a worker slot nor a retry (docs/decisions/0024)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pipelines.events.waiting import ALARMED, PATIENCE
from pipelines.language import Sentence
from pipelines.language.zoned import zoned
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.sqlfile import sql

PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a lane waits and for how many seconds: `code` is `due_later`, `limit_reached`, `over_limit`, `paused`, `turn_over` or one of PROVIDER_TROUBLE.

    `ready` messages are left.
    """

    code: str
    seconds: float
    ready: int
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waits:
    """The wait of one channel of a packet, shared by its lanes."""

    database: LaneDatabase
    client_id: UUID
    packet_id: UUID
    channel: str

    def note(self, wait: Wait, zone: str) -> Sentence:
        """Record the wait. Returns the note for the journal, with the time in the time zone `zone`.

        Nothing is recorded for a paused packet: the row of its pause says everything.
        """
        if wait.code == PAUSED:
            return Sentence("lane_paused_with", {"n": wait.ready})
        values = self._channel | {"code": wait.code, "seconds": wait.seconds}
        until: datetime = self.database.one(
            sql("steps/dispatch/wait"), values | {"client_id": self.client_id}
        ).until
        self.database.run(
            sql("events/wait_alarm"), {"packet_id": self.packet_id, "patience_seconds": PATIENCE}
        )
        self._clear_alarms()
        params = {**wait.params, "n": wait.ready, "at": zoned(until, zone)}
        return Sentence(f"lane_waits_{wait.code}", params)

    def end(self) -> None:
        """Delete the wait: nothing is left, or there is nothing to wait for."""
        self.database.run(sql("steps/dispatch/wait_end"), self._channel)
        self._clear_alarms()

    @property
    def _channel(self) -> dict[str, Any]:
        return {"packet_id": self.packet_id, "channel": self.channel}

    def _clear_alarms(self) -> None:
        codes = {"packet_ids": [self.packet_id], "codes": list(ALARMED)}
        self.database.run(sql("events/wait_answered"), codes)
