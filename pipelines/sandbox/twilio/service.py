"""Twilio in the sandbox: its fates, frames, faults and signed callbacks."""

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.routing import Route

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.segments import segments
from pipelines.sandbox.service import Change, Fault, Frame, Service, Take
from pipelines.sandbox.twilio import addresses
from pipelines.sandbox.twilio.api import TwilioApi
from pipelines.sandbox.twilio.errors import error
from pipelines.sandbox.twilio.fates import FATES, STATES, special_numbers
from pipelines.sandbox.twilio.resource import API

POOL_NUMBER = "+15005550006"  # the number that every messaging service sends from
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


class Twilio(Service):
    """Every channel is shown on a phone. A callback without an answer is retried once, Twilio's default."""

    name = "twilio"
    title = "Twilio"
    credentials = ("account_sid", "auth_token")
    fates = FATES
    states = STATES
    special = special_numbers()
    frames: ClassVar[Mapping[str, Frame]] = {
        addresses.SMS: Frame("phone.html", "SMS", "phone", oldest_first=True),
        "whatsapp": Frame("phone.html", "WhatsApp", "phone", oldest_first=True),
        "rcs": Frame("phone.html", "RCS", "phone", oldest_first=True),
    }
    faults: ClassVar[Mapping[str, Fault]] = {
        "queue_full": Fault(
            "not accepted: the sender's queue is full (21611)", lambda _seconds: error(21611)
        ),
        "locked_out": Fault(
            "not accepted: 401, the account is refused (20003)", lambda _seconds: error(20003)
        ),
        "daily_limit": Fault(
            "not accepted: the account's daily limit is reached (63038)",
            lambda _seconds: error(63038),
        ),
    }
    retries = (1.0,)
    callback_parts = frozenset({"validity"})

    def routes(self, take: Take, listing: Listing) -> list[Route]:
        return TwilioApi(self, take, listing).routes()

    def details(self, message: Accepted) -> Mapping[str, Any]:
        count = segments(message.content.get("body", "")) if message.channel == addresses.SMS else 1
        return {"segments": count}

    def changes(self, message: Accepted) -> list[Change]:
        """A message that is still in the queue when its validity period ends is not sent."""
        changes, validity = super().changes(message), message.content.get("validity")
        if validity is None or not changes or changes[0].at <= message.at + validity:
            return changes
        return [Change("failed", message.at + validity, 30036)]

    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:
        form = {
            "AccountSid": self.secrets["account_sid"],
            "ApiVersion": API,
            "From": addresses.join(message.channel, message.sender),
            "MessageSid": message.id,
            "MessageStatus": change.state,
            "SmsSid": message.id,
            "SmsStatus": change.state,
            "To": addresses.join(message.channel, message.to),
        }
        if message.channel != addresses.SMS:
            form |= {"ChannelPrefix": message.channel, "ChannelToAddress": message.to}
        if change.code is not None:
            form["ErrorCode"] = str(change.code)
        return self._signed(form, url)

    def reply(self, message: Accepted, text: str, url: str) -> tuple[bytes, dict[str, str]]:
        """https://www.twilio.com/docs/messaging/guides/webhook-request"""
        sid, pool = "SM" + secrets.token_hex(16), addresses.is_messaging_service(message.sender)
        form = {
            "AccountSid": self.secrets["account_sid"],
            "ApiVersion": API,
            "Body": text,
            "From": addresses.join(message.channel, message.to),
            "FromCountry": "US",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": str(segments(text)),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": addresses.join(message.channel, POOL_NUMBER if pool else message.sender),
        }
        return self._signed(form | ({"MessagingServiceSid": message.sender} if pool else {}), url)

    def _signed(self, form: Mapping[str, str], url: str) -> tuple[bytes, dict[str, str]]:
        return urlencode(form).encode(), {
            "Content-Type": FORM,
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature(self.secrets["auth_token"], url, form),
        }


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """https://www.twilio.com/docs/usage/security#validating-requests, implemented from the page, not with their library."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
