"""Mailgun's events, the same in a webhook and in the list: same id, same shape."""

import hashlib
from typing import Any

from pipelines.sandbox.fates import Turn
from pipelines.sandbox.journal import Accepted

ACCEPTED = "accepted"


def mailgun_event(message: Accepted, turn: Turn) -> dict[str, Any]:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure"""
    kind, _, severity = turn.state.partition("-")
    digest = hashlib.blake2b(f"{message.id}\0{message.to}\0{turn.state}".encode(), digest_size=16)
    event: dict[str, Any] = {
        "id": digest.hexdigest(),
        "event": kind,
        "timestamp": turn.at,
        "log-level": "error" if severity == "permanent" else "warn" if severity else "info",
        "recipient": message.to,
        "recipient-domain": message.to.rpartition("@")[2],
        "message": {
            "headers": {
                "message-id": message.id,
                "from": message.sender,
                "to": message.to,
                "subject": message.subject or "",
            }
        },
        "user-variables": {"attempt": message.attempt} if message.attempt else {},
        "tags": [],
    }
    if severity:
        event["severity"] = severity
        event["reason"] = "bounce" if severity == "permanent" else "generic"
    if turn.code is not None or kind == "delivered":
        event["delivery-status"] = {"code": turn.code or 250, "attempt-no": 1}
    return event
