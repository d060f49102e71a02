"""Reading back what a provider has: a search, and the list that answers it (docs/decisions/0026)."""

from dataclasses import dataclass, field
from datetime import datetime

from pipelines.domain.sending import ProviderEvent

MAX_PAGES = 20  # of one list: what needs more is not read to the end, and proves nothing by what it lacks


class CannotList(Exception):
    """The provider has no list of what it accepted."""


@dataclass(frozen=True, slots=True)
class Search:
    """Messages from one sender to these addresses, accepted between two moments, both inclusive."""

    sender: str
    addresses: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in a list: its newest event, when the provider accepted it, and its text.

    `event.attempt_id` is set if the provider repeats our reference; otherwise the text (None: not listed) has to identify the message.
    """

    event: ProviderEvent
    created_at: datetime
    body: str | None = None


@dataclass(slots=True)
class Listing:
    """The answer to a search. It is `complete` when it was read to the end: only then does it prove that something is missing."""

    messages: list[Listed] = field(default_factory=list)
    complete: bool = True
