"""The messages of a packet, a page at a time, optionally filtered by state or channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pipelines.language import Sentence
from pipelines.language.vocabulary import message_state
from pipelines.states import OUTCOME_OF, TAKEN, MessageState, Outcome
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PAGE = 50
# The states that each filter shows. A filter named like an outcome shows exactly the messages that count as that outcome.
SHOWN: dict[str, frozenset[MessageState]] = {
    "sent": TAKEN,
    "delivered": frozenset({MessageState.DELIVERED}),
    "undelivered": frozenset({MessageState.UNDELIVERED}),
    "failed": frozenset({MessageState.FAILED}),
    "suppressed": frozenset({MessageState.SUPPRESSED}),
    "expired": frozenset({MessageState.EXPIRED}),
    "cancelled": frozenset({MessageState.CANCELLED}),
    "waiting": frozenset(state for state, outcome in OUTCOME_OF.items() if outcome == Outcome.WAITING),
    "unknown": frozenset({MessageState.UNKNOWN}),
}
SEVERAL_STATES = ("sent", "waiting")
START = (0, 0, "")

Place = tuple[int, int, str]  # row, step of the schedule, channel: the order of the list


@dataclass(frozen=True)
class MessageFilter:
    """Which messages of a packet to show; None means all."""

    shown: str | None = None
    channel: str | None = None

    def parameters(self, packet_id: UUID) -> dict[str, Any]:
        """The parameters that the statements of this page share. Raises KeyError when `shown` is not in SHOWN."""
        states = sorted(SHOWN[self.shown]) if self.shown else None
        return {"packet_id": packet_id, "states": states, "channel": self.channel}


@dataclass(frozen=True)
class ListedMessage:
    """One line of the list. `parts` are its texts besides subject and body. `person` is the name in the row, None if the file has none."""

    row_no: int
    step_no: int
    channel: str
    state: str
    address: str
    subject: str | None
    body: str
    parts: dict[str, str] | None
    segments: int | None
    error_code: str | None
    state_at: datetime
    line_no: int
    person: str | None

    @property
    def place(self) -> Place:
        return (self.row_no, self.step_no, self.channel)


@dataclass(frozen=True)
class MessagePage:
    messages: list[ListedMessage]
    next_after: Place | None

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID, chosen: MessageFilter, after: Place = START) -> Self:
        """The messages after `after` (the place of the last one shown); `next_after` starts the next page."""
        row, step, channel = after
        position = {"after_row": row, "after_step": step, "after_channel": channel, "page": PAGE + 1}
        rows = (
            uow.execute(sql("reports/messages/messages"), chosen.parameters(packet_id) | position)
            .mappings()
            .all()
        )
        messages = [ListedMessage(**one) for one in rows[:PAGE]]
        return cls(messages, messages[-1].place if len(rows) > PAGE else None)


@dataclass(frozen=True)
class Counts:
    """How many messages there are, by channel and state."""

    by_state: dict[tuple[str, str], int]

    @classmethod
    def read(cls, uow: UnitOfWork, packet_id: UUID) -> Self:
        rows = uow.execute(sql("reports/messages/by_state"), {"packet_id": packet_id})
        return cls({(row.channel, row.state): row.messages for row in rows})

    @property
    def channels(self) -> list[str]:
        return sorted({channel for channel, _ in self.by_state})

    def of(self, chosen: MessageFilter) -> int:
        """How many messages a filter shows."""
        states = SHOWN[chosen.shown] if chosen.shown else frozenset(MessageState)
        return sum(
            messages
            for (channel, state), messages in self.by_state.items()
            if state in states and chosen.channel in (None, channel)
        )


def filter_words(shown: str) -> Sentence:
    """What a filter of SHOWN is called."""
    return Sentence(f"shown_{shown}") if shown in SEVERAL_STATES else message_state(shown)


def beside(
    uow: UnitOfWork, packet_id: UUID, row_no: int, chosen: MessageFilter
) -> tuple[int | None, int | None]:
    """The nearest rows before and after this one that have a message that passes the filter."""
    row = uow.one(sql("reports/messages/beside"), chosen.parameters(packet_id) | {"row_no": row_no})
    return (row.before, row.after)
