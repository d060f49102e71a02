"""The breakers that hold back the messages of a packet: which provider or sender, why, since when, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipelines.channels import title_of
from pipelines.language import Sentence
from pipelines.language.zoned import zoned
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A provider that is not called on a channel, or only not from the sender `address`.

    `retry_at` is None when it stays so until a person acts. `messages` of the packet are left for the channel; when it is `avoided`, they go
    out through another sender. `params` are those of the sentence about `reason`.
    """

    provider: str
    channel: str
    address: str | None
    reason: str
    params: dict[str, Any]
    opened_at: datetime
    retry_at: datetime | None
    messages: int
    avoided: bool

    def sentences(self, time_zone: str) -> list[Sentence]:
        """What is stopped since when, why, and what happens to the messages; times in this time zone (IANA)."""
        since = {
            "provider": self.provider,
            "channel": title_of(self.channel),
            "at": zoned(self.opened_at, time_zone),
        }
        what = (
            Sentence("breaker_of_sender", {**since, "sender": self.address})
            if self.address
            else Sentence("breaker_of_provider", since)
        )
        again = {"at": zoned(self.retry_at, time_zone)} if self.retry_at else {}
        why = Sentence(f"lane_waits_{self.reason}", {**self.params, **again, "n": self.messages})
        return [what, why, Sentence("breaker_avoided")] if self.avoided else [what, why]


def breakers_of(uow: UnitOfWork, packet_id: UUID) -> list[OpenBreaker]:
    """Those that hold back something of the packet, the oldest of a channel first."""
    rows = uow.all(sql("reports/packet/breakers"), {"packet_id": packet_id})
    return [OpenBreaker(**row._asdict()) for row in rows]
