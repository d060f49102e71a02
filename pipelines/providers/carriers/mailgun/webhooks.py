"""Mailgun's webhooks: what they tell, and how they are signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.base import as_uuid
from pipelines.providers.carriers.reported import (
    ADDRESS_LENGTH,
    CODE_LENGTH,
    REFERENCE_LENGTH,
    read_json,
    short,
)
from pipelines.states import MessageState

# Seconds: Mailgun tries again "during 8 hours", by its page on webhook retries, the last time after seven and a half. It does not say
# whether a retry is signed anew; others have seen the old signature come again, so it is good for that long and a quarter of an hour.
RETRIED_FOR = 8 * 3600 + 900
AHEAD = 15 * 60  # seconds that its clock may be ahead of ours

# Event, or event and severity: our state and its rank (docs/protocols.md#mailgun). What is not here changes no state.
STATES: dict[tuple[str, str | None], tuple[MessageState | None, int]] = {
    ("accepted", None): (MessageState.ACCEPTED, 1),
    ("failed", "temporary"): (None, 2),
    ("delivered", None): (MessageState.DELIVERED, 3),
    ("failed", "permanent"): (MessageState.UNDELIVERED, 3),
    ("rejected", None): (MessageState.FAILED, 3),
}
FAILURES = frozenset({"failed", "rejected"})
OPT_OUTS = frozenset({"unsubscribed", "complained"})  # facts about the person, not about the message


@dataclass(frozen=True, slots=True)
class Signature:
    """What a webhook is signed with. `timestamp` is in seconds since 1970."""

    timestamp: int
    covers: str
    signature: str

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Raises ValueError when the body has none."""
        signed = part(document(body), "signature")
        timestamp, token, signature = (signed.get(name) for name in ("timestamp", "token", "signature"))
        if not re.fullmatch("[0-9]{1,12}", str(timestamp)) or not isinstance(token, str):
            raise ValueError("a signature without timestamp and token")
        return cls(int(str(timestamp)), f"{timestamp}{token}", str(signature))


def read_event(provider: str, data: Mapping[str, Any]) -> ProviderEvent:
    """One event in our words, from a webhook's `event-data` or from the events list: both have the same shape.

    Raises ValueError without a kind, an id, or with a time that is none; other odd values are left out.
    """
    kind, key = short(data.get("event"), CODE_LENGTH), short(data.get("id"), REFERENCE_LENGTH)
    if not kind or not key:
        raise ValueError("a Mailgun event without its kind or its id")
    severity = short(data.get("severity"), CODE_LENGTH)
    state, rank = STATES.get((kind, severity if kind == "failed" else None), (None, 0))
    code = part(data, "delivery-status").get("code")
    return ProviderEvent(
        provider=provider,
        unique_key=key,
        state=state,
        rank=rank,
        attempt_id=as_uuid(str(part(data, "user-variables").get("attempt", ""))),
        provider_ref=short(part(part(data, "message"), "headers").get("message-id"), REFERENCE_LENGTH),
        address=short(data.get("recipient"), ADDRESS_LENGTH),
        occurred_at=_moment(data["timestamp"]) if "timestamp" in data else None,
        error_code=short(str(code), CODE_LENGTH) if kind in FAILURES and code is not None else None,
        opt_out=kind if kind in OPT_OUTS else None,
    )


def _moment(seconds: Any) -> datetime:
    """Raises ValueError for what is no moment."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, OverflowError, OSError) as error:
        raise ValueError("a Mailgun event at no time") from error


def document(body: bytes) -> dict[str, Any]:
    """A webhook's document. Raises ValueError for anything else."""
    match read_json(body):
        case dict() as found:
            return found
    raise ValueError("not the document that a Mailgun webhook is")


def part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a document, empty where it is not there or is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}
