"""Twilio: one SMS a call, through Twilio's own library; status callbacks with X-Twilio-Signature.

Facts: https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/usage/security
"""

import hashlib
import json
import logging
import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from twilio.base import values
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from pipelines.domain.sending import Answer, HookRequest, Outgoing, ProviderEvent, Verdict
from pipelines.providers.base import Declined, Limits, Provider, as_uuid, base_and_credentials, unreadable
from pipelines.providers.reported import ADDRESS_LENGTH, CODE_LENGTH, REFERENCE_LENGTH, short
from pipelines.providers.wire import CallFailed, Line, Reply
from pipelines.settings import Settings
from pipelines.states import MessageState

# What Twilio calls a state, what we call it, and its rank (reliability 2.1). `sent` may stay the last word.
STATES: dict[str, tuple[MessageState, int]] = {
    "scheduled": (MessageState.ACCEPTED, 0),
    "accepted": (MessageState.ACCEPTED, 1),
    "queued": (MessageState.ACCEPTED, 2),
    "sending": (MessageState.ACCEPTED, 3),
    "sent": (MessageState.SENT, 4),
    "partially_delivered": (MessageState.SENT, 4),
    "failed": (MessageState.FAILED, 5),
    "undelivered": (MessageState.UNDELIVERED, 5),
    "canceled": (MessageState.CANCELLED, 5),
    "delivered": (MessageState.DELIVERED, 5),
    "read": (MessageState.DELIVERED, 6),
}

# https://www.twilio.com/docs/api/errors. Everything else that Twilio answers with 400 is for good; the codes are split
# finer now and then (changelog of 10 July 2024), so only those that change the class are named.
MOST_FIELDS = 1000  # of a callback; Twilio sends some twenty
OPTED_OUT = "21610"  # the person wrote STOP to this sender: whoever called suppresses the address
CODES: dict[str, Verdict] = {
    "20003": Verdict.PROVIDER_DOWN,  # wrong credentials
    "20005": Verdict.PROVIDER_DOWN,  # account not active
    "30002": Verdict.PROVIDER_DOWN,  # account suspended
    "21212": Verdict.PROVIDER_DOWN,  # our sender is not a number
    "21603": Verdict.PROVIDER_DOWN,  # no sender
    "21606": Verdict.PROVIDER_DOWN,  # our sender cannot send
    "21659": Verdict.PROVIDER_DOWN,  # our sender is not a Twilio number
    "21660": Verdict.PROVIDER_DOWN,  # our sender belongs to another account
    "14107": Verdict.RETRY,  # rate of the sender exceeded
    "20429": Verdict.RETRY,  # too many requests
    "21611": Verdict.RETRY,  # the sender's queue is full
    "63038": Verdict.RETRY,  # daily cap of the account
    "20500": Verdict.UNKNOWN,  # may reach the person all the same, says its page
    "20503": Verdict.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """`auth_token` signs in and signs the callbacks."""

    sid: str
    auth_token: str = field(repr=False)


class _Seen(threading.local):
    """The success that this thread's call has brought back, before Twilio's library has read it."""

    reply: Reply | None = None


class _OurWire(HttpClient):  # type: ignore[misc] # the library is seen as untyped
    """Twilio's library over our line: our base address, our deadline, our classes of answers."""

    def __init__(self, line: Line, credentials: TwilioAccount) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._line = line
        key = b64encode(f"{credentials.sid}:{credentials.auth_token}".encode()).decode()
        self._authorization = f"Basic {key}"
        self._seen = _Seen()

    def forget(self) -> None:
        self._seen.reply = None

    def success(self) -> Reply | None:
        """What the last call of this thread brought back, if it was a success."""
        return self._seen.reply

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,  # noqa: ARG002 - ours is encoded once
        timeout: float | None = None,  # noqa: ARG002 - the line has its own
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        self._seen.reply = None
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        reply = self._line.call(
            method,
            urlsplit(uri).path + query,
            headers={**(headers or {}), "Authorization": self._authorization},
            body=urlencode(data or {}, doseq=True).encode(),
        )
        if not 200 <= reply.status < 300:
            raise Declined(reply)
        self._seen.reply = reply
        return Response(reply.status, reply.body.decode(errors="replace"), reply.headers)


class Twilio(Provider):
    name: ClassVar[str] = "twilio"
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    batch_size: ClassVar[int] = 1
    opt_out_codes: ClassVar[frozenset[str]] = frozenset({OPTED_OUT})

    def __init__(self, base_url: str, account: TwilioAccount, limits: Limits) -> None:
        super().__init__(base_url, limits)
        self._wire = _OurWire(self.line, account)
        self._client = Client(account.sid, account.auth_token, http_client=self._wire)
        self._validator = RequestValidator(account.auth_token)

    @classmethod
    def configured(cls, settings: Settings, secrets: Mapping[str, str]) -> Self:
        base_url, known = base_and_credentials(cls.name, ("account_sid", "auth_token"), settings, secrets)
        return cls(base_url, TwilioAccount(known["account_sid"], known["auth_token"]), Limits.of(settings))

    def call(self, messages: Sequence[Outgoing], *, sender: str, callback_url: str | None) -> Answer:
        (message,) = messages
        callback = values.unset if callback_url is None else with_attempt(callback_url, message.attempt_id)
        origin = {"messaging_service_sid" if sender.startswith("MG") else "from_": sender}
        self._wire.forget()
        try:
            made = self._client.messages.create(
                to=message.address, body=message.body, status_callback=callback, **origin
            )
        except (CallFailed, Declined):
            raise
        except Exception:
            # Twilio's library may stumble over a success in any way it likes; taken is taken.
            if (reply := self._wire.success()) is None:
                raise
            return unreadable(reply.status)
        reply = self._wire.success()
        status = reply.status if reply else None
        if not isinstance(made.sid, str) or not made.sid:
            return unreadable(status)
        segments = str(made.num_segments)
        return Answer(
            Verdict.ACCEPTED,
            provider_ref=made.sid,
            http_status=status,
            segments=int(segments) if segments.isdecimal() else None,
        )

    def refusal(self, reply: Reply, count: int) -> tuple[Verdict | None, str | None]:  # noqa: ARG002
        try:
            code = str(json.loads(reply.body)["code"])
        except (ValueError, TypeError, KeyError):
            return None, None
        # An account without a permission answers 403 with the message's own code: the code knows better.
        by_family = Verdict.REFUSED if code.startswith("21") and reply.status < 500 else None
        return CODES.get(code, by_family), code

    def verify(self, request: HookRequest) -> bool:
        signature = request.headers.get("x-twilio-signature", "")
        try:
            signed = request.body.decode(errors="replace") if _is_json(request) else _Form(request.body)
            return bool(self._validator.validate(request.url, signed, signature))
        except ValueError:  # more fields than anybody sends
            return False

    def read_events(self, request: HookRequest) -> list[ProviderEvent]:
        form = _Form(request.body)
        sid = short(form.one("MessageSid") or form.one("SmsSid"), REFERENCE_LENGTH)
        status = form.one("MessageStatus") or form.one("SmsStatus")
        if not sid or not status:
            raise ValueError("a Twilio status callback without MessageSid or MessageStatus")
        attempt = parse_qs(urlsplit(request.url).query).get("attempt", [""])[0]
        state, rank = STATES.get(status, (None, 0))
        code = short(form.one("ErrorCode"), CODE_LENGTH)
        # The signature has no time and no nonce: a replay is told by its own words (reliability 2.4).
        seen = hashlib.sha256(b"\0".join((attempt.encode(), sid.encode(), status.encode(), request.body)))
        return [
            ProviderEvent(
                provider=self.name,
                unique_key=seen.hexdigest(),
                state=state,
                rank=rank,
                attempt_id=as_uuid(attempt),
                provider_ref=sid,
                address=short(form.one("To"), ADDRESS_LENGTH),
                error_code=code,
                opt_out="stop" if code == OPTED_OUT else None,
            )
        ]

    def read_body(self, request: HookRequest) -> dict[str, Any]:
        return _Form(request.body)


class _Form(dict[str, list[str]]):
    """The fields of a form body, repeats kept: Twilio signs every value. Raises ValueError when there are far too many."""

    def __init__(self, body: bytes) -> None:
        text = body.decode(errors="replace")
        super().__init__(parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))

    def getlist(self, name: str) -> list[str]:
        return self[name]

    def one(self, name: str) -> str | None:
        return self.get(name, [None])[0]


def with_attempt(callback_url: str, attempt_id: UUID) -> str:
    """The address for the status of one attempt: a Message has no field for our reference (reliability 0.8)."""
    return f"{callback_url}{'&' if '?' in callback_url else '?'}attempt={attempt_id}"


def _is_json(request: HookRequest) -> bool:
    """Whether the body is signed as text: then its digest is in the address, whatever the caller says of its type."""
    return "bodySHA256=" in urlsplit(request.url).query
