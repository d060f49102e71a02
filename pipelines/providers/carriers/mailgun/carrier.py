"""Mailgun as a carrier of e-mail."""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import Answer, HookRequest, OneTimeSignature, Outgoing, ProviderEvent, Verdict
from pipelines.providers.carriers.account import Account, Credential, values_of
from pipelines.providers.carriers.base import Carrier, Declined, Limits, unreadable
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.listing import Listed, Listing, Search
from pipelines.providers.carriers.mailgun import listing, routes, senders
from pipelines.providers.carriers.mailgun.batch import encode
from pipelines.providers.carriers.mailgun.webhooks import (
    MAX_SKEW,
    RETRY_WINDOW,
    Signature,
    document,
    part,
    read_event,
)
from pipelines.providers.http.wire import Reply

CALL_LIMIT = 25 * 1024 * 1024  # bytes of one call, uncompressed


class Mailgun(Carrier):
    name: ClassVar[str] = "mailgun"
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    # Every bounce counts against the domain, whoever's fault it is.
    unlisted_failure: ClassVar[Failure | None] = Failure.CONTENT
    batch_size: ClassVar[int] = 1000
    account: ClassVar[Account] = Account(
        "mailgun",
        "https://api.mailgun.net",
        (
            Credential("domain", "the sending domain", lambda: "mail.packetboat.test"),
            Credential("api_key", "its API key", lambda: f"key-{secrets.token_hex(16)}"),
            Credential(
                "signing_key",
                "the webhook signing key, which verifies callbacks",
                lambda: secrets.token_hex(16),
                verifies=True,
            ),
        ),
        identified_by="domain",
    )
    sender_pattern: ClassVar[str] = senders.PATTERN
    sender_form: ClassVar[str] = "an address such as reminders@example.com, or Name <reminders@example.com>"
    sandbox_senders: ClassVar[Mapping[str, str]] = {"email": "reminders@packetboat.example"}
    # The manual's example of how old a page of events must be before it can be trusted.
    listing_lag: ClassVar[timedelta | None] = timedelta(minutes=30)
    # Of the smallest plan. The reference of its API promises three days.
    listing_kept: ClassVar[timedelta] = timedelta(days=1)

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:
        super().__init__(base_url, credentials, limits)
        self._path = f"/v3/{credentials['domain']}/messages"
        self._events = f"/v3/{credentials['domain']}/events"
        key = b64encode(f"api:{credentials['api_key']}".encode()).decode()
        self._authorization = f"Basic {key}"
        self._signing_keys = [key.encode() for key in values_of(credentials, "signing_key")]

    @classmethod
    def normalise_sender(cls, sender: str) -> str:
        return senders.quote_name(sender)

    def call(
        self,
        messages: Sequence[Outgoing],
        *,
        channel: str,  # noqa: ARG002 - it carries only e-mail
        sender: str,
        callback_url: str | None,  # noqa: ARG002
    ) -> Answer:
        """Mailgun's webhooks are configured per domain, so `callback_url` is not part of a call."""
        body, content_type = encode(messages, sender)
        if len(body) > CALL_LIMIT:
            return Answer(_split_or_refuse(len(messages)), error_code="too_large")
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
            return _split_or_refuse(count), "too_large"
        message = _text(reply.body, "message").lower()
        if reply.status != 400 or "not a valid address" not in message:
            return None, None
        if "'from'" in message:
            return Verdict.SENDER_REFUSED, "invalid_sender"
        return _split_or_refuse(count), "invalid_address"

    def find(self, search: Search) -> Listing:
        return listing.find(self._get, self._events, self.name, search)

    def list_days(self, first: date, last: date) -> Iterator[list[Listed]]:
        return listing.list_days(self._get, self._events, self.name, first, last)

    def report(self, reference: str) -> list[ProviderEvent]:
        return listing.read_all(self._get, self._events, {"message-id": reference}, self.name)[0]

    def verify_signature(self, request: HookRequest) -> bool:
        try:
            signed = _signature(request)
            valid = any(_signs(key, signed) for key in self._signing_keys)
        except ValueError:
            return False
        return valid and -MAX_SKEW <= time.time() - signed.timestamp <= RETRY_WINDOW

    def one_time(self, request: HookRequest) -> OneTimeSignature:
        """The signature covers timestamp + token without a separator, so the signature itself is remembered, not its two parts."""
        signed = _signature(request)
        return OneTimeSignature(
            digest=hashlib.sha256(f"{self.name}\0{signed.signature}".encode()).digest(),
            body_digest=routes.digest(routes.fields_of(request))
            if routes.is_form(request)
            else hashlib.sha256(request.body).digest(),
            until=datetime.fromtimestamp(signed.timestamp + RETRY_WINDOW + MAX_SKEW, UTC),
        )

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        return [read_event(self.name, part(document(request.body), "event-data"))]

    def read_replies(self, request: HookRequest) -> list[InboundReply]:
        if not routes.is_form(request):
            raise ValueError("a webhook of Mailgun is not an e-mail")
        (channel,) = self.channels
        return [routes.read_reply(self.name, channel, request)]

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        return document(request.body)

    def _get(self, path: str) -> bytes:
        reply = self.line.call("GET", path, headers={"Authorization": self._authorization})
        if reply.status != 200:
            raise Declined(reply)
        return reply.body


def _signature(request: HookRequest) -> Signature:
    """Raises ValueError when there is none."""
    if routes.is_form(request):
        return Signature.of(routes.fields_of(request))
    return Signature.of(part(document(request.body), "signature"))


def _signs(key: bytes, signed: Signature) -> bool:
    expected = hmac.new(key, signed.covers.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signed.signature.encode())


def _split_or_refuse(count: int) -> Verdict:
    return Verdict.SPLIT if count > 1 else Verdict.REFUSED


def _text(body: bytes, key: str) -> str:
    try:
        value = json.loads(body)[key]
    except (ValueError, TypeError, KeyError):
        return ""
    return value if isinstance(value, str) else ""
