"""Mailgun: up to 1,000 recipients a call, each with words of their own; webhooks signed over timestamp and token.

Facts: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending and .../webhooks
"""

import hashlib
import hmac
import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from urllib3.filepost import encode_multipart_formdata

from pipelines.domain.sending import Answer, HookRequest, OneTime, Outgoing, ProviderEvent, Verdict
from pipelines.providers.base import Declined, Limits, Provider, as_uuid, base_and_credentials, unreadable
from pipelines.providers.reported import ADDRESS_LENGTH, CODE_LENGTH, REFERENCE_LENGTH, read_json, short
from pipelines.providers.wire import Reply
from pipelines.settings import Settings
from pipelines.states import MessageState

CALL_LIMIT = 25 * 1024 * 1024  # bytes of one call, uncompressed
# Seconds: Mailgun tries again "during 8 hours", by its page on webhook retries, the last time after seven and a half. It does not say
# whether a retry is signed anew; others have seen the old signature come again, so it is good for that long and a quarter of an hour.
RETRIED_FOR = 8 * 3600 + 900
AHEAD = 15 * 60  # seconds that its clock may be ahead of ours

# Event, or event and severity: our state and its rank (reliability 2.5). What is not here changes no state.
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
class MailgunDomain:
    """`api_key` signs in; `signing_key` is the webhook signing key, a secret of its own."""

    domain: str
    api_key: str = field(repr=False)
    signing_key: str = field(repr=False)


class Mailgun(Provider):
    name: ClassVar[str] = "mailgun"
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    batch_size: ClassVar[int] = 1000

    def __init__(self, base_url: str, domain: MailgunDomain, limits: Limits) -> None:
        super().__init__(base_url, limits)
        self._path = f"/v3/{domain.domain}/messages"
        self._authorization = f"Basic {b64encode(f'api:{domain.api_key}'.encode()).decode()}"
        self._signing_key = domain.signing_key.encode()

    @classmethod
    def configured(cls, settings: Settings, secrets: Mapping[str, str]) -> Self:
        wanted = ("domain", "api_key", "signing_key")
        base_url, known = base_and_credentials(cls.name, wanted, settings, secrets)
        return cls(base_url, MailgunDomain(**known), Limits.of(settings))

    def call(self, messages: Sequence[Outgoing], *, sender: str, callback_url: str | None) -> Answer:  # noqa: ARG002
        """Webhooks are set up per domain at Mailgun, so `callback_url` does not travel with a call."""
        body, content_type = encode(messages, sender)
        if len(body) > CALL_LIMIT:
            return Answer(_halves(len(messages)), error_code="too_large")
        headers = {"Authorization": self._authorization, "Content-Type": content_type}
        reply = self.line.call("POST", self._path, headers=headers, body=body)
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        reference = _text(reply.body, "id").strip("<>")
        if not reference:
            return unreadable(reply.status)
        return Answer(Verdict.ACCEPTED, provider_ref=reference, http_status=reply.status)

    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:
        if reply.status == 413:
            return _halves(count), "too_large"
        said = _text(reply.body, "message").lower()
        if reply.status != 400 or "not a valid address" not in said:
            return None, None
        if "'from'" in said:
            return Verdict.PROVIDER_DOWN, "invalid_sender"
        return _halves(count), "invalid_address"

    def verify(self, request: HookRequest) -> bool:
        try:
            signed = _Signature.of(request.body)
            expected = hmac.new(self._signing_key, signed.covers.encode(), hashlib.sha256).hexdigest()
            genuine = hmac.compare_digest(expected.encode(), signed.signature.encode())
        except ValueError:
            return False
        return genuine and -AHEAD <= time.time() - signed.timestamp <= RETRIED_FOR

    def one_time(self, request: HookRequest) -> OneTime:
        """The signature covers timestamp and token, as one text: what is remembered is the signature, however that is cut in two."""
        signed = _Signature.of(request.body)
        return OneTime(
            digest=hashlib.sha256(f"{self.name}\0{signed.signature}".encode()).digest(),
            body_digest=hashlib.sha256(request.body).digest(),
            until=datetime.fromtimestamp(signed.timestamp + RETRIED_FOR + AHEAD, UTC),
        )

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        return [read_event(_part(_document(request.body), "event-data"))]

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        return _document(request.body)


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a webhook is signed with. `timestamp` is in seconds since 1970."""

    timestamp: int
    covers: str
    signature: str

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Raises ValueError when the body has none."""
        signed = _part(_document(body), "signature")
        timestamp, token, signature = (signed.get(name) for name in ("timestamp", "token", "signature"))
        if not re.fullmatch("[0-9]{1,12}", str(timestamp)) or not isinstance(token, str):
            raise ValueError("a signature without timestamp and token")
        return cls(int(str(timestamp)), f"{timestamp}{token}", str(signature))


def read_event(data: Mapping[str, Any]) -> ProviderEvent:
    """One event in our words, from a webhook's `event-data` or from the events list: both have the same shape.

    Raises ValueError without a kind, an id, or with a time that is none; other odd values are left out.
    """
    kind, key = short(data.get("event"), CODE_LENGTH), short(data.get("id"), REFERENCE_LENGTH)
    if not kind or not key:
        raise ValueError("a Mailgun event without its kind or its id")
    severity = short(data.get("severity"), CODE_LENGTH)
    state, rank = STATES.get((kind, severity if kind == "failed" else None), (None, 0))
    code = _part(data, "delivery-status").get("code")
    return ProviderEvent(
        provider=Mailgun.name,
        unique_key=key,
        state=state,
        rank=rank,
        attempt_id=as_uuid(str(_part(data, "user-variables").get("attempt", ""))),
        provider_ref=short(_part(_part(data, "message"), "headers").get("message-id"), REFERENCE_LENGTH),
        address=short(data.get("recipient"), ADDRESS_LENGTH),
        occurred_at=_moment(data["timestamp"]) if "timestamp" in data else None,
        error_code=short(str(code), CODE_LENGTH) if kind in FAILURES and code is not None else None,
        opt_out=kind if kind in OPT_OUTS else None,
    )


def _moment(seconds: Any) -> datetime:
    """Raises ValueError for what is no moment."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, OverflowError) as error:
        raise ValueError("a Mailgun event at no time") from error


def _document(body: bytes) -> dict[str, Any]:
    """A webhook's document. Raises ValueError for anything else."""
    match read_json(body):
        case dict() as found:
            return found
    raise ValueError("not the document that a Mailgun webhook is")


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a document, empty where it is not there or is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def encode(messages: Sequence[Outgoing], sender: str) -> tuple[bytes, str]:
    """The body of a batch call and its content type. Raises ValueError for a batch that Mailgun would mix up.

    Every word that differs goes through recipient-variables, so the options stay at a few bytes of their 16 KB.
    Multipart, not urlencoded: quoting a megabyte of text costs more than everything else here together.
    """
    variables: dict[str, dict[str, str]] = {}
    mailboxes = set()
    with_html = messages[0].html is not None
    for message in messages:
        if "," in message.address or "\n" in message.address:
            raise ValueError("an address with a comma or a line break would become two recipients")
        if (message.html is not None) is not with_html:
            raise ValueError("messages with and without HTML cannot share a Mailgun call")
        mailboxes.add(message.address.lower())
        words = {"attempt": str(message.attempt_id), "subject": message.subject or "", "text": message.body}
        if message.html is not None:
            words["html"] = message.html
        variables[message.address] = words
    if len(mailboxes) != len(messages):
        raise ValueError(
            "an address twice in one Mailgun call: recipient-variables would merge the two messages"
        )
    fields = {
        "from": sender,
        "to": ", ".join(variables),
        "subject": "%recipient.subject%",
        "text": "%recipient.text%",
        "v:attempt": "%recipient.attempt%",
        "recipient-variables": json.dumps(variables, ensure_ascii=False),
    }
    if with_html:
        fields["html"] = "%recipient.html%"
    return encode_multipart_formdata(fields)


def _halves(count: int) -> Verdict:
    return Verdict.SPLIT if count > 1 else Verdict.REFUSED


def _text(body: bytes, key: str) -> str:
    try:
        found = json.loads(body)[key]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if isinstance(found, str) else ""
