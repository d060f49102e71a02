"""The messages of a packet, a page at a time: all of them, or those in some states or of one channel."""

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
# What a filter shows. Those named like an outcome hold exactly the messages that the packet's sum counts under it.
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
    """Which messages of a packet are asked for; None stands for all."""

    shown: str | None = None
    channel: str | None = None

    def parameters(self, packet_id: UUID) -> dict[str, Any]:
        """The parameters that the statements of this page share. `shown` must be one of SHOWN."""
        states = sorted(SHOWN[self.shown]) if self.shown else None
        return {"packet_id": packet_id, "states": states, "channel": self.channel}


@dataclass(frozen=True)
class ListedMessage:
    """One line of the list. `person` is the name in the row, where the file has one."""

    row_no: int
    step_no: int
    channel: str
    state: str
    address: str
    subject: str | None
    body: str
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
        """The messages after `after` (the place of the last one seen); `next_after` begins the next page."""
        row, step, channel = after
        beginning = {"after_row": row, "after_step": step, "after_channel": channel, "page": PAGE + 1}
        rows = (
            uow.execute(sql("reports/messages/messages"), chosen.parameters(packet_id) | beginning)
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
    """The rows before and after this one that have a message of the chosen kind."""
    found = uow.one(sql("reports/messages/beside"), chosen.parameters(packet_id) | {"row_no": row_no})
    return (found.before, found.after)
