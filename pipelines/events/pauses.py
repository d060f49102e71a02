"""Pauses: while one applies to a packet, its lanes neither claim nor begin anything (docs/decisions/0027)."""

from dataclasses import asdict, dataclass
from uuid import UUID

from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Subject:
    """What is paused: a packet or a campaign of a client, a whole client, or, without any id, the platform."""

    client_id: UUID | None = None
    campaign_id: UUID | None = None
    packet_id: UUID | None = None

    @property
    def id(self) -> UUID | None:
        """The id of the packet, campaign or client; None for the platform."""
        return self.packet_id or self.campaign_id or self.client_id


PLATFORM = Subject()


def begin_pause(uow: UnitOfWork, subject: Subject, reason: Sentence, *, by: str) -> bool:
    """Pause the subject from this transaction's commit on; a lane sees it before its next call. False when it is paused already.

    `reason` is shown to people.
    """
    columns = asdict(subject) | {"code": reason.code, "params": reason.json_params}
    return uow.scalar(sql("events/pauses/begin"), columns | {"begun_by": by}) is not None


def end_pause(uow: UnitOfWork, subject: Subject, *, by: str) -> bool:
    """End the subject's own pause. False when it has none, or is cancelled. Other pauses may still apply to its packets."""
    return uow.scalar(sql("events/pauses/end"), {"subject": subject.id, "ended_by": by}) is not None
