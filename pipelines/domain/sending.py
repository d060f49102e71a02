"""What passes between a dispatch lane and a provider, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pipelines.states import MessageState

# Seconds that a lane may keep what it has claimed and not begun; after that anybody may give it back.
CLAIM_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. `attempt_id` comes back to us in the provider's callbacks."""

    attempt_id: UUID
    address: str
    body: str
    subject: str | None = None
    parts: Mapping[str, str] | None = None  # what its channel has besides subject and body


class Verdict(StrEnum):
    """What an answer says about acceptance (docs/protocols.md#answers)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # not accepted, for good
    RETRY = "retry"  # known not accepted; may be sent again
    UNKNOWN = "unknown"  # accepted or not: nobody can say; never resend blindly
    PROVIDER_DOWN = "provider_down"  # credentials or account: not this message's fault, stop the lane
    SPLIT = "split"  # nothing of this batch was accepted because one address is bad: send halves


@dataclass(frozen=True, slots=True)
class Answer:
    """What one HTTP call to a provider came to."""

    verdict: Verdict
    provider_ref: str | None = None
    http_status: int | None = None
    error_code: str | None = None
    retry_after: float | None = None  # seconds
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One thing a provider tells us about one message, in our words. The raw event is kept beside it.

    `rank` orders the states of one message (P5): a lower rank never replaces a higher one.
    """

    provider: str
    unique_key: str
    state: MessageState | None
    rank: int
    attempt_id: UUID | None = None
    provider_ref: str | None = None
    address: str | None = None
    occurred_at: datetime | None = None
    error_code: str | None = None
    opt_out: str | None = None  # the reason, when the person asked for no more


@dataclass(frozen=True, slots=True)
class OneTimeSignature:
    """A signature that does not cover the body: it is good for one body alone, and worth nothing after `until`."""

    digest: bytes
    body_digest: bytes
    until: datetime


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A callback as it arrived: the URL as the provider called it, headers in lower case, the raw body."""

    url: str
    headers: Mapping[str, str]
    body: bytes
