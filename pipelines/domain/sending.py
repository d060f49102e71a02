"""What a dispatch lane and a provider exchange, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pipelines.states import MessageState

# How long a lane may keep messages that it has claimed but not begun to send; after that they can be released.
CLAIM_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. `attempt_id` comes back to us in the provider's callbacks."""

    attempt_id: UUID
    address: str
    body: str
    subject: str | None = None
    parts: Mapping[str, str] | None = None  # any other parts of its channel
    unsubscribe_url: str | None = None  # for channels that can carry one beside the text (RFC 8058)
    headers: Mapping[str, str] | None = None  # of an e-mail that is alone in its call
    expires_in: float | None = (
        None  # seconds from now for which it is worth sending on, for providers that can drop it then
    )


class Verdict(StrEnum):
    """Whether the provider accepted a message (docs/protocols.md#answers)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # not accepted, for good
    RETRY = "retry"  # certainly not accepted; may be sent again
    UNKNOWN = "unknown"  # perhaps accepted; never resend blindly
    PROVIDER_DOWN = (
        "provider_down"  # a problem with credentials or account, not with this message: stop the lane
    )
    SENDER_REFUSED = "sender_refused"  # a problem with our sender, not with this message: stop the lane
    SPLIT = "split"  # the whole batch was refused because of one bad address: send halves


class CannotBeSent(ValueError):
    """The provider's own rules forbid this call. Raised before anything is sent: what it stops is certain not to have been accepted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one HTTP call to a provider."""

    verdict: Verdict
    provider_ref: str | None = None
    http_status: int | None = None
    error_code: str | None = None
    retry_after: float | None = None  # seconds
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event that a provider reports about one message, in our terms. The raw event is stored beside it.

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
    opt_out: str | None = None  # the reason, if the person opted out


@dataclass(frozen=True, slots=True)
class OneTimeSignature:
    """A signature that does not cover the body: it is accepted for one body only, and not after `until`."""

    digest: bytes
    body_digest: bytes
    until: datetime


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A callback as it arrived: the URL as the provider called it, headers in lower case, the raw body."""

    url: str
    headers: Mapping[str, str]
    body: bytes
