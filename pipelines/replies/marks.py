"""How we recognise what we forwarded ourselves when it comes back (S30)."""

from collections.abc import Sequence
from uuid import UUID

PREFIX = "packetboat-reply-"


def message_id(reply_id: UUID) -> str:
    """The Message-Id, without brackets, of the e-mail that forwards a reply."""
    return f"{PREFIX}{reply_id}@packetboat.invalid"


def answers_a_forward(thread: Sequence[str]) -> bool:
    """Whether an e-mail answers one that we forwarded."""
    return any(reference.startswith(PREFIX) for reference in thread)
