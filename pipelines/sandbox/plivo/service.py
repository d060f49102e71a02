"""Plivo in the sandbox: its fates, its frame, its faults and its signed callbacks."""

import hashlib
import hmac
import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.routing import Route

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.plivo.api import SMS, PlivoApi, answer, code_of, plain
from pipelines.sandbox.plivo.fates import FATES, STATES, special_numbers
from pipelines.sandbox.segments import segments
from pipelines.sandbox.service import Change, Fault, Frame, Service, Take

FORM = "application/x-www-form-urlencoded"


class Plivo(Service):
    """SMS, shown on a phone. A failed callback is retried three times, after seconds instead of minutes."""

    name = "plivo"
    title = "Plivo"
    credentials = ("auth_id", "auth_token")
    fates = FATES
    states = STATES
    special = special_numbers()
    frames: ClassVar[Mapping[str, Frame]] = {SMS: Frame("phone.html", "SMS", "phone", oldest_first=True)}
    faults: ClassVar[Mapping[str, Fault]] = {
        "no_credit": Fault(
            "not accepted: 402, the account has no credit",
            lambda _seconds: answer({"error": "Insufficient Credit"}, 402),
        )
    }
    retries = (2.0, 4.0, 8.0)

    def routes(self, take: Take, listing: Listing) -> list[Route]:
        return PlivoApi(self, take, listing).routes()

    def tries_again(self, status: int | None) -> bool:
        return status is None or status // 100 != 2

    def details(self, message: Accepted) -> Mapping[str, Any]:
        return {"segments": segments(message.content.get("body", ""))}

    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:
        form = {
            "From": plain(message.sender),
            "To": plain(message.to),
            "MessageUUID": message.id,
            "ParentMessageUUID": message.id,
            "PartInfo": "1 of 1",
            "Status": change.state,
        }
        if (code := code_of(change.state, change.code)) is not None:
            form["ErrorCode"] = code
        return self._signed(form, url)

    def reply(self, message: Accepted, text: str, url: str) -> tuple[bytes, dict[str, str]]:
        """https://www.plivo.com/docs/messaging/use-cases/receive-messages"""
        form = {
            "From": plain(message.to),
            "MessageUUID": str(uuid.uuid4()),
            "Text": text,
            "To": plain(message.sender),
            "Type": SMS,
        }
        return self._signed(form, url)

    def _signed(self, form: Mapping[str, str], url: str) -> tuple[bytes, dict[str, str]]:
        token, nonce = self.secrets["auth_token"], secrets.token_hex(10)
        return urlencode(form).encode(), {
            "Content-Type": FORM,
            "User-Agent": "Plivo-Webhook/1.0",
            "X-Plivo-Signature-V2": signature_v2(token, url, nonce),
            "X-Plivo-Signature-V2-Nonce": nonce,
            "X-Plivo-Signature-V3": signature_v3(token, url, form, nonce),
            "X-Plivo-Signature-V3-Nonce": nonce,
        }


def signature_v2(token: str, url: str, nonce: str) -> str:
    """https://www.plivo.com/docs/messaging/concepts/signature-validation: the URL without its query, and the nonce."""
    return _sign(token, url.partition("?")[0] + nonce)


def signature_v3(token: str, url: str, form: Mapping[str, str], nonce: str) -> str:
    """The same page: the URL, its query sorted, a dot, the sorted fields without separators, a dot, the nonce."""
    base, _, query = url.partition("?")
    pairs = sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    signed = f"{base}?{'&'.join(f'{name}={value}' for name, value in pairs)}"
    signed += "." if query else ""
    signed += "".join(name + form[name] for name in sorted(form))
    return _sign(token, f"{signed}.{nonce}")


def _sign(token: str, text: str) -> str:
    return b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha256).digest()).decode()
