"""Mailgun's events, with the same id and shape in a webhook and in the list."""

import hashlib
from typing import Any

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.service import Change

ACCEPTED = "accepted"


def event(message: Accepted, change: Change) -> dict[str, Any]:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure"""
    kind, _, severity = change.state.partition("-")
    digest = hashlib.blake2b(f"{message.id}\0{message.to}\0{change.state}".encode(), digest_size=16)
    content: dict[str, Any] = {
        "id": digest.hexdigest(),
        "event": kind,
        "timestamp": change.at,
        "log-level": "error" if severity == "permanent" else "warn" if severity else "info",
        "recipient": message.to,
        "recipient-domain": message.to.rpartition("@")[2],
        "message": {
            "headers": {
                "message-id": message.id,
                "from": message.sender,
                "to": message.to,
                "subject": message.content.get("subject", ""),
            }
        },
        "user-variables": {"attempt": message.attempt} if message.attempt else {},
        "tags": [],
    }
    if severity:
        content["severity"] = severity
        content["reason"] = "bounce" if severity == "permanent" else "generic"
    if change.code is not None or kind == "delivered":
        content["delivery-status"] = {"code": change.code or 250, "attempt-no": 1}
    return content
