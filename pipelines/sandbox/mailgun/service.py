"""Mailgun in the sandbox: its fates, its frame, its fault and its signed webhooks."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.routing import Route

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.mailgun.answers import not_allowed
from pipelines.sandbox.mailgun.api import MailgunApi
from pipelines.sandbox.mailgun.events import event
from pipelines.sandbox.mailgun.fates import FATES, STATES, special_mailboxes
from pipelines.sandbox.mailgun.replies import reply_form
from pipelines.sandbox.service import Change, Fault, Frame, Service, Take

NEVER_AGAIN = 406


class Mailgun(Service):
    """The webhook belongs to the domain. It is retried after every answer except success and 406.

    Mailgun's intervals of 5 minutes to 4 hours between retries are shortened to seconds.
    """

    name = "mailgun"
    title = "Mailgun"
    credentials = ("domain", "api_key", "signing_key")
    fates = FATES
    states = STATES
    special = special_mailboxes()
    frames: ClassVar[Mapping[str, Frame]] = {"email": Frame("mailbox.html", "E-mail", "mailbox")}
    faults: ClassVar[Mapping[str, Fault]] = {
        "not_allowed": Fault(
            "not accepted: 403, the domain is not allowed to send", lambda _seconds: not_allowed()
        )
    }
    retries = (2.0, 4.0, 8.0)
    callback_parts = frozenset({"subject"})

    def routes(self, take: Take, listing: Listing) -> list[Route]:
        return MailgunApi(self, take, listing).routes()

    def tries_again(self, status: int | None) -> bool:
        return status is None or (status // 100 != 2 and status != NEVER_AGAIN)

    def details(self, message: Accepted) -> Mapping[str, Any]:
        return {"sender": parseaddr(message.sender)[0] or message.sender}

    def reply(self, message: Accepted, text: str, url: str) -> tuple[bytes, dict[str, str]]:  # noqa: ARG002
        timestamp, token = str(int(time.time())), secrets.token_hex(25)
        signed = {
            "timestamp": timestamp,
            "token": token,
            "signature": signature(self.secrets["signing_key"], timestamp, token),
        }
        return urlencode(reply_form(message, text) | signed).encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Go-http-client/1.1",
        }

    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:  # noqa: ARG002
        timestamp, token = str(int(time.time())), secrets.token_hex(25)
        signed = signature(self.secrets["signing_key"], timestamp, token)
        body = {
            "signature": {"timestamp": timestamp, "token": token, "signature": signed},
            "event-data": event(message, change),
        }
        return json.dumps(body).encode(), {
            "Content-Type": "application/json",
            "User-Agent": "Go-http-client/1.1",
        }


def signature(key: str, timestamp: str, token: str) -> str:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks"""
    return hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
