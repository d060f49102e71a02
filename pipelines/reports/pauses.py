"""The pauses that apply to a packet: whose they are, since when, by whom and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pipelines.language import Sentence
from pipelines.language.zoned import zoned

SCOPES = ("packet", "campaign", "client", "platform")


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause. `scope` is one of SCOPES; `final` marks the packet's cancellation."""

    scope: str
    reason: Sentence
    final: bool
    begun_by: str
    begun_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a JSON object with the columns of the view `paused_packet`."""
        reason = Sentence.from_json(row["code"], row["params"])
        return cls(
            row["scope"], reason, row["final"], row["begun_by"], datetime.fromisoformat(row["begun_at"])
        )

    def sentence(self, time_zone: str) -> Sentence:
        """What is paused or cancelled since when, by whom and why; times in this time zone (IANA)."""
        words = {"at": zoned(self.begun_at, time_zone), "by": self.begun_by, "why": self.reason}
        return Sentence("cancelled_since" if self.final else f"pause_of_{self.scope}", words)


def pauses_of(rows: Iterable[Mapping[str, Any]]) -> list[Pause]:
    """The pauses in JSON objects, the widest last; only the cancellation if there is one, for it says everything."""
    pauses = sorted((Pause.of(row) for row in rows), key=lambda pause: SCOPES.index(pause.scope))
    return [pause for pause in pauses if pause.final] or pauses
