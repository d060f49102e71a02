"""Plivo as a carrier of text messages."""

import json
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import Answer, HookRequest, OneTimeSignature, Outgoing, ProviderEvent, Verdict
from pipelines.providers.carriers.account import Account, Credential
from pipelines.providers.carriers.base import Carrier, Declined, Limits, unreadable
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.listing import CannotList, Listed, Listing, Search
from pipelines.providers.carriers.plivo import callbacks, listing
from pipelines.providers.carriers.plivo.answers import FAILURES, refusal
from pipelines.providers.carriers.plivo.inbound import read_reply
from pipelines.providers.carriers.reported import read_json
from pipelines.providers.http.wire import Reply


class Plivo(Carrier):
    """A second carrier of SMS, for a sender of its own: `packetboat sender add --provider plivo --fallback`."""

    name: ClassVar[str] = "plivo"
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    batch_size: ClassVar[int] = 1
    account: ClassVar[Account] = Account(
        "plivo",
        "https://api.plivo.com",
        (
            Credential("auth_id", "the account's Auth ID", lambda: "MA" + secrets.token_hex(9).upper()),
            Credential(
                "auth_token", "its Auth Token, which also verifies callbacks", lambda: secrets.token_hex(20)
            ),
        ),
        identified_by="auth_id",
    )
    failures: ClassVar[Mapping[str, Failure]] = FAILURES
    sender_pattern: ClassVar[str] = r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}"
    sender_form: ClassVar[str] = (
        "a number such as +15005550006, a short code, or a sender name of at most 11 letters and digits"
    )
    listing_lag: ClassVar[timedelta | None] = timedelta(minutes=5)
    listing_kept: ClassVar[timedelta] = timedelta(days=30)  # It keeps messages for 90 days.

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:
        super().__init__(base_url, credentials, limits)
        auth_id, self._token = credentials["auth_id"], credentials["auth_token"]
        key = b64encode(f"{auth_id}:{self._token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
        self._path = f"/v1/Account/{quote(auth_id, safe='')}/Message/"

    def call(
        self,
        messages: Sequence[Outgoing],
        *,
        channel: str,  # noqa: ARG002 - it carries only SMS
        sender: str,
        callback_url: str | None,
    ) -> Answer:
        (message,) = messages
        content = {"src": sender, "dst": message.address, "text": message.body}
        if callback_url is not None:
            # A message of Plivo has no field for our reference, so it travels in the address of its callbacks.
            mark = "&" if "?" in callback_url else "?"
            content |= {"url": f"{callback_url}{mark}attempt={message.attempt_id}", "method": "POST"}
        reply = self.line.call(
            "POST",
            self._path,
            headers=self._headers,
            body=json.dumps(content, ensure_ascii=False).encode(),
        )
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        reference = _reference(reply.body)
        if reference is None:
            return unreadable(reply.status)
        return Answer(Verdict.ACCEPTED, provider_ref=reference, http_status=reply.status)

    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:  # noqa: ARG002
        return refusal(reply)

    def find(self, search: Search) -> Listing:
        if not search.sender:
            raise CannotList
        return listing.find(self._get, self._path, self.name, search)

    def list_days(self, first: date, last: date) -> Iterator[list[Listed]]:
        return listing.list_days(self._get, self._path, self.name, first, last)

    def report(self, reference: str) -> list[ProviderEvent]:
        return [listing.read(self._get(f"{self._path}{quote(reference, safe='')}/"), self.name)]

    def verify_signature(self, request: HookRequest) -> bool:
        return callbacks.is_genuine(request, self._token)

    def one_time(self, request: HookRequest) -> OneTimeSignature | None:
        return callbacks.one_time(request, self.name)

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        return [callbacks.read_event(self.name, request)]

    def read_replies(self, request: HookRequest) -> list[InboundReply]:
        return [read_reply(self.name, request)]

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        return callbacks.fields(request)

    def _get(self, path: str) -> bytes:
        reply = self.line.call("GET", path, headers=self._headers, body=b"")
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        return reply.body


def _reference(body: bytes) -> str | None:
    """The id of the one message of a call; None when it cannot be read."""
    try:
        document = read_json(body)
    except ValueError:
        return None
    references = document.get("message_uuid") if isinstance(document, dict) else None
    first = references[0] if isinstance(references, list) and references else None
    return first if isinstance(first, str) and first else None
