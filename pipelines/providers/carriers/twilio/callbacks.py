"""Twilio's status callbacks: forms whose values are all signed."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator

from pipelines.domain.sending import HookRequest, ProviderEvent
from pipelines.providers.carriers.base import as_uuid
from pipelines.providers.carriers.failures import Failure
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_CODE, MAX_REFERENCE, short
from pipelines.providers.carriers.twilio.answers import FAILURES
from pipelines.states import MessageState

MAX_FIELDS = 1000  # of a callback; Twilio sends about twenty

# Twilio's status: our state and its rank (docs/protocols.md#twilio). `sent` may be the last status.
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


INBOUND = frozenset({"receiving", "received"})  # statuses of messages from people


class Form(dict[str, list[str]]):
    """The fields of a form body, with repeated fields: Twilio signs every value. Raises ValueError when there are too many."""

    def __init__(self, body: bytes) -> None:
        text = body.decode(errors="replace")
        super().__init__(parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))

    def getlist(self, name: str) -> list[str]:
        return self[name]

    def one(self, name: str) -> str | None:
        return self.get(name, [None])[0]


@lru_cache(maxsize=16)
def form_of(body: bytes) -> Form:
    """The form in a body. One callback is read three times in a row; nobody changes what this returns."""
    return Form(body)


class Signatures:
    """Twilio's signatures with the account's token.

    Nearly every callback is a form that is signed under exactly the URL that we gave: its one digest is compared first. The library's validator,
    which decides about all others, computes several in ten times the time. Twilio's rule: https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """

    def __init__(self, token: str) -> None:
        self._key = token.encode()
        self._validator = RequestValidator(token)

    def is_genuine(self, request: HookRequest) -> bool:
        """Whether the callback was signed."""
        signature = request.headers.get("x-twilio-signature", "")
        try:
            if _is_json(request):
                signed: str | Form = request.body.decode(errors="replace")
            else:
                signed = form_of(request.body)
                if hmac.compare_digest(self._usual(request.url, signed), signature.encode()):
                    return True
            return bool(self._validator.validate(request.url, signed, signature))
        except ValueError:  # too many fields
            return False

    def _usual(self, url: str, form: Form) -> bytes:
        """The signature of a form: that of the URL, followed by the sorted fields, each with its different values."""
        pairs = (name + value for name in sorted(form) for value in sorted(set(form[name])))
        return b64encode(hmac.digest(self._key, (url + "".join(pairs)).encode(), "sha1"))


def read_event(provider: str, request: HookRequest, plain: Callable[[str], str]) -> ProviderEvent:
    """The one event of a callback; `plain` turns Twilio's form of an address into ours.

    Raises ValueError when the reference or the status is missing; other invalid values are left out.
    """
    form = form_of(request.body)
    sid = short(form.one("MessageSid") or form.one("SmsSid"), MAX_REFERENCE)
    status = form.one("MessageStatus") or form.one("SmsStatus")
    if not sid or not status:
        raise ValueError("a Twilio status callback without MessageSid or MessageStatus")
    if status in INBOUND:
        raise ValueError("an inbound message is not a status callback")
    attempt = parse_qs(urlsplit(request.url).query).get("attempt", [""])[0]
    state, rank = STATES.get(status, (None, 0))
    code = short(form.one("ErrorCode"), MAX_CODE)
    address = short(form.one("To"), MAX_ADDRESS)
    # The signature has no timestamp and no nonce: a replay is recognised by its content (docs/protocols.md#twilio).
    digest = hashlib.sha256(b"\0".join((attempt.encode(), sid.encode(), status.encode(), request.body)))
    return ProviderEvent(
        provider=provider,
        unique_key=digest.hexdigest(),
        state=state,
        rank=rank,
        attempt_id=as_uuid(attempt),
        provider_ref=sid,
        address=plain(address) if address else None,
        error_code=code,
        opt_out="stop" if FAILURES.get(code or "") is Failure.BLOCKED else None,
    )


def _is_json(request: HookRequest) -> bool:
    """Whether the body is signed as text: then its digest is in the address, whatever the content type says. The library's own rule."""
    return "bodySHA256" in request.url and "bodySHA256" in parse_qs(urlsplit(request.url).query)
