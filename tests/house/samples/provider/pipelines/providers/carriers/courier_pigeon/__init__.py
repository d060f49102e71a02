"""Courier Pigeon, an invented carrier of text messages: JSON both ways, callbacks signed with the account's key."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pipelines.domain.sending import Answer, HookRequest, Outgoing, ProviderEvent, Verdict
from pipelines.providers.carriers.account import Account, Credential
from pipelines.providers.carriers.base import Carrier, Declined, Limits, as_uuid, unreadable
from pipelines.providers.carriers.reported import read_json, short
from pipelines.providers.http.wire import Reply
from pipelines.states import MessageState

STATES = {"arrived": (MessageState.DELIVERED, 2), "lost": (MessageState.UNDELIVERED, 2)}


class CourierPigeon(Carrier):
    name: ClassVar[str] = "courier_pigeon"
    channels: ClassVar[frozenset[str]] = frozenset({"sms", "push"})
    batch_size: ClassVar[int] = 1
    account: ClassVar[Account] = Account(
        "courier_pigeon",
        "https://api.pigeon.example",
        (Credential("key", "signs in and proves callbacks", lambda: secrets.token_hex(16)),),
    )
    sender_pattern: ClassVar[str] = r"[A-Z][a-z]{2,10}"
    sender_form: ClassVar[str] = "a name of 3 to 11 letters, such as Harbour"
    sandbox_senders: ClassVar[Mapping[str, str]] = {"push": "Harbour"}

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:
        super().__init__(base_url, credentials, limits)
        self._key = credentials["key"]

    def call(
        self, messages: Sequence[Outgoing], *, channel: str, sender: str, callback_url: str | None
    ) -> Answer:
        (message,) = messages
        letter = {
            "from": sender,
            "to": message.address,
            "kind": channel,
            "words": message.body,
            "our_reference": str(message.attempt_id),
            "report_to": callback_url,
        }
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        reply = self.line.call("POST", "/letters", headers=headers, body=json.dumps(letter).encode())
        if reply.status != 201:
            raise Declined(reply)
        try:
            reference = json.loads(reply.body)["letter"]
        except (ValueError, TypeError, KeyError):
            return unreadable(reply.status)
        return Answer(Verdict.ACCEPTED, provider_ref=reference, http_status=reply.status)

    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:  # noqa: ARG002
        return None, None

    def verify_signature(self, request: HookRequest) -> bool:
        signature = hmac.new(self._key.encode(), request.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(signature, request.headers.get("x-pigeon-signature", ""))

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        report = self.read_body(request)
        state, rank = STATES.get(str(report.get("outcome")), (None, 0))
        return [
            ProviderEvent(
                provider=self.name,
                unique_key=f"{self.name} {report['letter']} {report.get('outcome')}",
                state=state,
                rank=rank,
                attempt_id=as_uuid(str(report.get("our_reference"))),
                provider_ref=short(report["letter"], 64),
            )
        ]

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        report = read_json(request.body)
        if not isinstance(report, dict) or "letter" not in report:
            raise ValueError("not a report of Courier Pigeon")
        return report
