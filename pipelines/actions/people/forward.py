"""Forwards a reply to its client: by e-mail, as a text message, or to a signed webhook (R48, S30).

The person never sees the client's own address: what is forwarded goes out from us, and nothing goes back.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipelines.domain.sending import Answer, Outgoing, Verdict
from pipelines.language import Sentence, language_for, say
from pipelines.language.vocabulary import reply_kind
from pipelines.language.zoned import zoned
from pipelines.providers.carriers import carrier_named
from pipelines.providers.http.outward import Refused, post
from pipelines.replies.marks import message_id
from pipelines.settings import Settings

NO_ANSWER = "no_answer"  # of a client's webhook: its other promises would only wait for it, too
MAX_SMS = 400  # characters of a reply that a text message quotes


def forward(settings: Settings, secrets: Mapping[str, str], reply: Row[Any]) -> Answer:
    """Forward a reply as its client wants it now."""
    match reply.forward_by:
        case "email":
            return _by_email(settings, secrets, reply)
        case "sms":
            return _by_sms(settings, secrets, reply)
        case "webhook":
            return _by_webhook(settings, secrets, reply)
    return Answer(Verdict.REFUSED, error_code="not_wanted")


def webhook_key(secrets: Mapping[str, str], client_id: UUID) -> str:
    """The key with which a client checks our webhooks; each client has its own."""
    key = secrets["reply_webhook_key"].encode()
    return hmac.new(key, str(client_id).encode(), hashlib.sha256).hexdigest()


def signature(key: str, timestamp: int, body: bytes) -> str:
    """The header `Packetboat-Signature`: HMAC-SHA256 over the time in seconds, a dot and the body."""
    signed = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def _by_email(settings: Settings, secrets: Mapping[str, str], reply: Row[Any]) -> Answer:
    language = language_for(reply.client_language)
    subject = say(Sentence("reply_forward_subject", {"meaning": reply_kind(reply.kind)}), language)
    headers = {"Auto-Submitted": "auto-forwarded", "Message-Id": f"<{message_id(reply.id)}>"}
    mail = Outgoing(reply.id, reply.forward_to, _words(reply, language), subject, headers=headers)
    carrier = carrier_named(settings.mail_provider, settings, secrets)
    try:
        return carrier.send([mail], channel="email", sender=settings.mail_sender, callback_url=None)
    finally:
        carrier.close()


def _by_sms(settings: Settings, secrets: Mapping[str, str], reply: Row[Any]) -> Answer:
    if not reply.sms_sender:
        return Answer(Verdict.REFUSED, error_code="no_sender")
    text = _words(reply, language_for(reply.client_language))[:MAX_SMS]
    carrier = carrier_named(reply.sms_provider, settings, secrets)
    try:
        message = Outgoing(reply.id, reply.forward_to, text)
        return carrier.send([message], channel="sms", sender=reply.sms_sender, callback_url=None)
    finally:
        carrier.close()


def _by_webhook(settings: Settings, secrets: Mapping[str, str], reply: Row[Any]) -> Answer:
    body = json.dumps(_document(reply), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Packetboat-Id": str(reply.id),  # the same in every try
        "Packetboat-Signature": signature(webhook_key(secrets, reply.client_id), int(time.time()), body),
    }
    try:
        status = post(reply.forward_to, body, headers, allow_loopback=settings.webhooks_to_this_machine)
    except Refused as refused:
        return Answer(Verdict.REFUSED, error_code=refused.code)
    except OSError:
        return Answer(Verdict.RETRY, error_code=NO_ANSWER)
    verdict = Verdict.ACCEPTED if 200 <= status < 300 else Verdict.RETRY
    return Answer(verdict, http_status=status, error_code=None if status < 300 else str(status))


def _document(reply: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(reply.id),
        "meaning": reply.kind,
        "text": reply.body,
        "subject": reply.subject,
        "from": reply.from_address,
        "channel": reply.channel,
        "received_at": reply.received_at.isoformat(timespec="seconds"),
        "packet_id": str(reply.packet_id) if reply.packet_id else None,
        "row": reply.row_no,
        "external_id": reply.external_id,
    }


def _words(reply: Row[Any], language: str) -> str:
    params = {
        "address": reply.from_address,
        "meaning": reply_kind(reply.kind),
        "at": zoned(reply.received_at, reply.time_zone),
        "text": reply.body or reply.subject or "",
    }
    return say(Sentence("reply_forward_body", params), language)
