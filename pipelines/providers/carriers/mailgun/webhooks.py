"""Mailgun's webhooks: their events and their signatures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.base import as_uuid
from pipelines.providers.carriers.reported import (
    MAX_ADDRESS,
    MAX_CODE,
    MAX_REFERENCE,
    read_json,
    short,
)
from pipelines.states import MessageState

# Seconds. According to its page on webhook retries, Mailgun retries "during 8 hours", the last time after seven and a half. It does not
# document whether a retry is signed anew; others report that it is not. So a signature is valid for 8 hours and 15 minutes.
RETRY_WINDOW = 8 * 3600 + 900
MAX_SKEW = 15 * 60  # seconds that Mailgun's clock may be ahead of ours

# Event, or event and severity: our state and its rank (docs/protocols.md#mailgun). Other events change no state.
STATES: dict[tuple[str, str | None], tuple[MessageState | None, int]] = {
    ("accepted", None): (MessageState.ACCEPTED, 1),
    ("failed", "temporary"): (None, 2),
    ("delivered", None): (MessageState.DELIVERED, 3),
    ("failed", "permanent"): (MessageState.UNDELIVERED, 3),
    ("rejected", None): (MessageState.FAILED, 3),
}
FAILURES = frozenset({"failed", "rejected"})
OPT_OUTS = frozenset({"unsubscribed", "complained"})  # facts about the person, not about the message
# Why Mailgun gave up for good, if the mailbox is dead; other permanent failures are about the message or the moment.
DEAD_MAILBOX = frozenset({"bounce", "suppress-bounce"})


@dataclass(frozen=True, slots=True)
class Signature:
    """A webhook's signature. `timestamp` is in seconds since 1970; `covers` is the text that was signed."""

    timestamp: int
    covers: str
    signature: str

    @classmethod
    def of(cls, signed: Mapping[str, Any]) -> Self:
        """The signature in a webhook's object `signature` or among a route's fields. Raises ValueError when there is none."""
        timestamp, token, signature = (signed.get(name) for name in ("timestamp", "token", "signature"))
        if not re.fullmatch("[0-9]{1,12}", str(timestamp)) or not isinstance(token, str):
            raise ValueError("a signature without timestamp and token")
        return cls(int(str(timestamp)), f"{timestamp}{token}", str(signature))


def read_event(provider: str, data: Mapping[str, Any]) -> ProviderEvent:
    """One event in our terms, from a webhook's `event-data` or from the events list: both have the same shape.

    Raises ValueError when the kind or the id is missing or the time is invalid; other invalid values are left out.
    """
    kind, key = short(data.get("event"), MAX_CODE), short(data.get("id"), MAX_REFERENCE)
    if not kind or not key:
        raise ValueError("a Mailgun event without its kind or its id")
    severity = short(data.get("severity"), MAX_CODE)
    state, rank = STATES.get((kind, severity if kind == "failed" else None), (None, 0))
    code = part(data, "delivery-status").get("code")
    return ProviderEvent(
        provider=provider,
        unique_key=key,
        state=state,
        rank=rank,
        attempt_id=as_uuid(str(part(data, "user-variables").get("attempt", ""))),
        provider_ref=_reference(part(part(data, "message"), "headers").get("message-id")),
        address=short(data.get("recipient"), MAX_ADDRESS),
        occurred_at=_moment(data["timestamp"]) if "timestamp" in data else None,
        error_code=short(str(code), MAX_CODE) if kind in FAILURES and code is not None else None,
        opt_out=_opt_out(kind, severity, data),
    )


def _reference(message_id: Any) -> str | None:
    """The message's id without the angle brackets that an answer's id has, so that the two can be compared."""
    reference = short(message_id, MAX_REFERENCE)
    return (reference.strip("<>") or None) if reference else None


def _opt_out(kind: str, severity: str | None, data: Mapping[str, Any]) -> str | None:
    if kind == "failed" and severity == "permanent" and data.get("reason") in DEAD_MAILBOX:
        return "hard_bounce"
    return kind if kind in OPT_OUTS else None


def _moment(seconds: Any) -> datetime:
    """Raises ValueError for an invalid time."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, OverflowError, OSError) as error:
        raise ValueError("a Mailgun event with an invalid time") from error


def document(body: bytes) -> dict[str, Any]:
    """A webhook's JSON object. Raises ValueError for anything else."""
    match read_json(body):
        case dict() as parsed:
            return parsed
    raise ValueError("a Mailgun webhook that is not a JSON object")


def part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within a document; empty when it is missing or not an object."""
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}
