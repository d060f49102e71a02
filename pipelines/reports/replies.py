"""What people answered: counts for a packet, a page of replies, the thread of a row, and all answers of a packet as a file (R48)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pipelines.domain.replies import Kind
from pipelines.language import Sentence
from pipelines.language.vocabulary import reply_kind
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PAGE = 50
FETCH = 1000
# The order in which pages show the kinds.
SHOWN = (
    Kind.CONFIRM,
    Kind.CANCEL,
    Kind.RESCHEDULE,
    Kind.STOP,
    Kind.START,
    Kind.HELP,
    Kind.MISSPELT,
    Kind.OTHER,
)
FILE_COLUMNS = ("line", "external_id", "name", "channel", "address", "meaning", "answer", "received_at")


@dataclass(frozen=True)
class ReplyCounts:
    """How many people answered, by kind; `to_read` is how many answers wait for a person."""

    people: dict[Kind, int]
    to_read: int

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        rows = uow.all(sql("reports/replies/counts"), {"packet_id": packet_id})
        found = {Kind(row.kind): row.people for row in rows}
        return cls({kind: found[kind] for kind in SHOWN if kind in found}, sum(row.to_read for row in rows))

    @property
    def total(self) -> int:
        return sum(self.people.values())


@dataclass(frozen=True)
class ListedReply:
    """One line of the list. `client`, `packet_id` and `row_no` are None where they are not known."""

    id: UUID
    kind: str
    meant: str | None
    unsure: bool
    outcome: str
    channel: str
    from_address: str
    subject: str | None
    body: str
    received_at: datetime
    packet_id: UUID | None
    row_no: int | None
    forwarding: str | None
    handled_at: datetime | None
    handled_by: str | None
    client: str | None
    time_zone: str
    file_name: str | None
    person: str | None

    @property
    def words(self) -> Sentence:
        return reply_kind(self.kind)

    @property
    def waits(self) -> bool:
        """Whether a person has to read it."""
        return self.unsure and self.handled_at is None


@dataclass(frozen=True)
class ReplyFilter:
    """Which replies to show; None means all."""

    kind: str | None = None
    outcome: str | None = None
    packet_id: UUID | None = None
    to_read: bool = False


@dataclass(frozen=True)
class ReplyPage:
    replies: list[ListedReply]
    next_before: UUID | None

    @classmethod
    def read(cls, uow: UnitOfWork, chosen: ReplyFilter, before: UUID | None = None) -> Self:
        """Newest first; `before` is the id of the last one shown."""
        parameters = {
            "kind": chosen.kind,
            "outcome": chosen.outcome,
            "packet_id": chosen.packet_id,
            "to_read": chosen.to_read,
            "before": before,
            "page": PAGE + 1,
        }
        rows = uow.execute(sql("reports/replies/list"), parameters).mappings().all()
        replies = [ListedReply(**row) for row in rows[:PAGE]]
        return cls(replies, replies[-1].id if len(rows) > PAGE else None)


@dataclass(frozen=True)
class RowReply:
    """An answer of the person of one row."""

    id: UUID
    message_id: UUID
    channel: str
    kind: str
    meant: str | None
    unsure: bool
    subject: str | None
    body: str
    received_at: datetime
    answered_at: datetime | None
    forwarding: str | None

    @property
    def words(self) -> Sentence:
        return reply_kind(self.kind)


def replies_of_row(uow: UnitOfWork, packet_id: UUID, row_no: int) -> list[RowReply]:
    """What the person of a row answered, in order of arrival."""
    rows = uow.execute(sql("reports/replies/of_row"), {"packet_id": packet_id, "row_no": row_no}).mappings()
    return [RowReply(**row) for row in rows]


def answer_file(uow: UnitOfWork, packet_id: UUID) -> Iterator[list[str]]:
    """The rows of a packet's answer file, in the columns of FILE_COLUMNS; times are UTC."""
    result = uow.connection.execution_options(yield_per=FETCH).execute(
        sql("reports/replies/file"), {"packet_id": packet_id}
    )
    for row in result:
        yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)
