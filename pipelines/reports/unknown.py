"""Whom people have to reach or ask: unknown outcomes, messages that may have gone out twice, and those that were too late to send (R10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# Why a person has to decide.
REASONS = ("cannot_list", "valuable", "ambiguous", "list_unread", "list_too_old", "other_account", "restored")
MAX_LISTED = 200  # the oldest; deciding these makes room for the others
MAX_DECIDED = 20
MAX_LATE = 50  # packets


@dataclass(frozen=True)
class Undecided:
    """A call, with its first message. `messages` is how many it carries; `phone` is a number to call, None if the row has none."""

    call_id: UUID
    packet_id: UUID
    file_name: str
    client: str
    client_name: str
    time_zone: str
    channel: str
    provider: str
    messages: int
    reason: str
    claimed_at: datetime
    row_no: int
    address: str
    line_no: int | None
    phone: str | None
    person: str | None

    @property
    def why(self) -> Sentence:
        """Why a person has to decide."""
        return Sentence(f"unknown_{self.reason}")


@dataclass(frozen=True)
class Double:
    """A message that may have gone out twice: its first attempt was closed as not accepted, and reported later."""

    attempt_id: UUID
    packet_id: UUID
    file_name: str
    client: str
    client_name: str
    time_zone: str
    channel: str
    found_at: datetime
    row_no: int
    address: str
    line_no: int | None
    phone: str | None
    person: str | None


@dataclass(frozen=True)
class Late:
    """A packet of which `rows` people lack a message, because it passed its deadline (B9). `counted_at`: when it was added up."""

    packet_id: UUID
    file_name: str
    client_name: str
    time_zone: str
    rows: int
    counted_at: datetime


@dataclass(frozen=True)
class Decided:
    """A decision and who made it. `decision` is received or not_received."""

    call_id: UUID
    packet_id: UUID
    file_name: str
    time_zone: str
    decision: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class MissedPage:
    """What waits for a person, the oldest first, the newest decisions, and the newest packets with late messages.

    `all_undecided` and `all_doubles` are how many there are, of which the oldest MAX_LISTED are listed.
    """

    undecided: list[Undecided]
    doubles: list[Double]
    decided: list[Decided]
    late: list[Late]
    all_undecided: int
    all_doubles: int

    @property
    def is_full(self) -> bool:
        """Whether only the oldest calls are listed."""
        return self.all_undecided > len(self.undecided)

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID | None = None) -> Self:
        """Of one packet, or of all that this transaction may see."""
        parameters = {"packet_id": packet_id, "limit": MAX_LISTED}
        undecided = [Undecided(**row) for row in _rows(uow, "calls", parameters)]
        doubles = [Double(**row) for row in _rows(uow, "doubles", parameters)]
        counts = {"undecided": len(undecided), "doubles": len(doubles)}
        if MAX_LISTED in counts.values():
            (counts,) = _rows(uow, "counts", {"packet_id": packet_id})
        return cls(
            undecided,
            doubles,
            [Decided(**row) for row in _rows(uow, "decided", {"limit": MAX_DECIDED})],
            [Late(**row) for row in _rows(uow, "late", {"packet_id": packet_id, "limit": MAX_LATE})],
            all_undecided=counts["undecided"],
            all_doubles=counts["doubles"],
        )


@dataclass(frozen=True)
class UnknownOfPacket:
    """How many unknown messages of a packet are looked up (`next_at`: when next), and about how many a person must decide."""

    checking: int
    undecided: int
    next_at: datetime | None

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        (row,) = _rows(uow, "of_packet", {"packet_id": packet_id})
        return cls(**row)


def _rows(uow: UnitOfWork, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in uow.execute(sql(f"reports/unknown/{name}"), parameters).mappings()]
