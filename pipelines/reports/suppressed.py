"""Why messages of a packet were suppressed (R47)."""

from dataclasses import dataclass
from uuid import UUID

from pipelines.language import Sentence
from pipelines.language.vocabulary import why_suppressed
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class SuppressedReason:
    """How many messages of a packet were suppressed for one reason."""

    reason: str
    messages: int

    @property
    def words(self) -> Sentence:
        return why_suppressed(self.reason)


def suppressed_reasons(uow: UnitOfWork, packet_id: UUID) -> list[SuppressedReason]:
    """The reasons, the most frequent first; empty if no message was suppressed."""
    rows = uow.execute(sql("reports/packet/suppressed"), {"packet_id": packet_id}).mappings()
    return [SuppressedReason(**row) for row in rows]
