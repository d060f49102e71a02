"""Twilio as a carrier of text messages."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from uuid import UUID

from twilio.base import values
from twilio.rest import Client

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import Answer, HookRequest, Outgoing, ProviderEvent, Verdict
from pipelines.providers.carriers.account import Account, Credential, values_of
from pipelines.providers.carriers.base import Carrier, Declined, Limits, unreadable
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.listing import CannotList, Listed, Listing, Search
from pipelines.providers.carriers.twilio import listing
from pipelines.providers.carriers.twilio.answers import FAILURES, OPTED_OUT, refusal
from pipelines.providers.carriers.twilio.callbacks import Signatures, form_of, read_event
from pipelines.providers.carriers.twilio.inbound import confirms_opt_out, read_reply, yes_lifts_stop
from pipelines.providers.carriers.twilio.wire import LineClient
from pipelines.providers.http.wire import CallFailed, Reply

MAX_VALIDITY = 36_000  # seconds in its queue, also what it takes if a call names none
SERVICE = re.compile("MG[0-9a-f]{32}")  # a messaging service, which has no channel's prefix


class Twilio(Carrier):
    """Other channels of Twilio's API are separate carriers that subclass this one and share its account.

    `address_prefix` is what Twilio writes before both numbers on such a channel.
    """

    name: ClassVar[str] = "twilio"
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    batch_size: ClassVar[int] = 1
    account: ClassVar[Account] = Account(
        "twilio",
        "https://api.twilio.com",
        (
            Credential("account_sid", "the account's SID", lambda: "AC" + secrets.token_hex(16)),
            Credential(
                "auth_token",
                "its auth token, which also verifies callbacks",
                lambda: secrets.token_hex(16),
                verifies=True,
            ),
        ),
        identified_by="account_sid",
    )
    opt_out_codes: ClassVar[frozenset[str]] = frozenset({OPTED_OUT})
    failures: ClassVar[Mapping[str, Failure]] = FAILURES
    sender_pattern: ClassVar[str] = (
        r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|MG[0-9a-f]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}"
    )
    sender_form: ClassVar[str] = (
        "a number such as +15005550006, a short code, a messaging service (MG…) or a sender name of at most 11 letters and digits"
    )
    sandbox_senders: ClassVar[Mapping[str, str]] = {"sms": "+15005550006"}
    address_prefix: ClassVar[str] = ""
    # Its pages name no time. The delay allows for a message that was accepted just before its call's lease ended.
    listing_lag: ClassVar[timedelta | None] = timedelta(minutes=10)
    listing_kept: ClassVar[timedelta] = timedelta(days=30)  # It keeps messages for more than a year.

    def __init__(self, base_url: str, credentials: Mapping[str, str], limits: Limits) -> None:
        super().__init__(base_url, credentials, limits)
        account_sid, auth_token = credentials["account_sid"], credentials["auth_token"]
        self._wire = LineClient(self.line, account_sid, auth_token)
        self._client = Client(account_sid, auth_token, http_client=self._wire)
        self._signatures = [Signatures(token) for token in values_of(credentials, "auth_token")]
        self._messages = f"/2010-04-01/Accounts/{account_sid}/Messages"

    def content(self, message: Outgoing) -> dict[str, str]:
        """The arguments for Twilio's library that hold the message's content."""
        return {"body": message.body}

    def call(
        self,
        messages: Sequence[Outgoing],
        *,
        channel: str,  # noqa: ARG002 - a channel that Twilio writes differently is a subclass
        sender: str,
        callback_url: str | None,
    ) -> Answer:
        (message,) = messages
        callback = values.unset if callback_url is None else with_attempt(callback_url, message.attempt_id)
        origin = (
            {"messaging_service_sid": sender}
            if SERVICE.fullmatch(sender)
            else {"from_": self.address_prefix + sender}
        )
        self._wire.forget()
        try:
            created = self._client.messages.create(
                to=self.address_prefix + message.address,
                status_callback=callback,
                validity_period=validity(message),
                **self.content(message),
                **origin,
            )
        except (CallFailed, Declined):
            raise
        except Exception:
            # Twilio's library may raise anything on a response that it cannot read; after a success the message is accepted.
            if (reply := self._wire.success()) is None:
                raise
            return unreadable(reply.status)
        reply = self._wire.success()
        status = reply.status if reply else None
        if not isinstance(created.sid, str) or not created.sid:
            return unreadable(status)
        segments = str(created.num_segments)  # of a messaging service "0": not counted yet
        return Answer(
            Verdict.ACCEPTED,
            provider_ref=created.sid,
            http_status=status,
            segments=int(segments) if re.fullmatch(r"[1-9][0-9]{0,3}", segments) else None,
        )

    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:  # noqa: ARG002
        return refusal(reply)

    def find(self, search: Search) -> Listing:
        if not search.sender:
            raise CannotList
        (address,) = search.addresses
        query = {"To": self.address_prefix + address}
        sender = search.sender
        if not SERVICE.fullmatch(sender):
            sender = query["From"] = self.address_prefix + sender
        path, search = f"{self._messages}.json", replace(search, sender=sender)
        return listing.find(self._wire.get, path, urlencode(query), self.name, self.address_prefix, search)

    def list_days(self, first: date, last: date) -> Iterator[list[Listed]]:
        return listing.list_days(self._wire.get, f"{self._messages}.json", self.name, first, last)

    def report(self, reference: str) -> list[ProviderEvent]:
        body = self._wire.get(f"{self._messages}/{quote(reference, safe='')}.json")
        return [listing.read(body, self.name, self.address_prefix)]

    def verify_signature(self, request: HookRequest) -> bool:
        return any(signatures.is_genuine(request) for signatures in self._signatures)

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        return [read_event(self.name, request, lambda address: address.removeprefix(self.address_prefix))]

    def read_replies(self, request: HookRequest) -> list[InboundReply]:
        (channel,) = self.channels
        return [read_reply(self.name, channel, self.address_prefix, request)]

    @classmethod
    def confirms_opt_out(cls, sender: str) -> bool:
        return confirms_opt_out(sender)

    @classmethod
    def yes_lifts_stop(cls, number: str) -> bool:
        return cls.channels == {"sms"} and yes_lifts_stop(number)

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        return form_of(request.body)


def validity(message: Outgoing) -> Any:
    """After how many seconds in its queue Twilio is to drop the message, because it is worthless then; unset for its longest time."""
    if message.expires_in is None or message.expires_in >= MAX_VALIDITY:
        return values.unset
    return max(1, int(message.expires_in))


def with_attempt(callback_url: str, attempt_id: UUID) -> str:
    """The callback address for one attempt: Twilio's Message has no field for our reference (docs/protocols.md#twilio)."""
    return f"{callback_url}{'&' if '?' in callback_url else '?'}attempt={attempt_id}"
