"""Twilio's paths: create a message, list messages, read one. A form is checked in Twilio's order.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import asyncio
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.sandbox.forms import read_form
from pipelines.sandbox.index import Found
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.service import Service, Take, Wording
from pipelines.sandbox.twilio import addresses
from pipelines.sandbox.twilio.errors import answer, error
from pipelines.sandbox.twilio.fates import REFUSED_FROM, REFUSED_TO, fate_of
from pipelines.sandbox.twilio.resource import API, message_resource, page_resource

MAX_BODY = 1600  # characters
MAX_PAGE = 1000
MAX_VALIDITY = 36_000  # seconds
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-f:]+\]")  # no underscores


class TwilioApi:
    """Answers as api.twilio.com would, for one account."""

    def __init__(self, service: Service, take: Take, listing: Listing) -> None:
        self._service = service
        self._take = take
        self._listing = listing
        self._sid, token = service.secrets["account_sid"], service.secrets["auth_token"]
        self._key = f"Basic {b64encode(f'{self._sid}:{token}'.encode()).decode()}"
        self._wording = Wording(
            success=lambda messages: answer(message_resource(messages[0], self._sid, ()), 201),
            no_id=lambda: answer({}, 201),
            too_many=lambda seconds: error(20429, {"Retry-After": f"{seconds:g}"}),
            broken=lambda: error(20500),
            faults=service.faults,
        )

    def routes(self) -> list[Route]:
        base = f"/{API}/Accounts/{{account}}/Messages"
        return [
            Route(f"{base}.json", self.create, methods=["POST"]),
            Route(f"{base}.json", self.list, methods=["GET"]),
            Route(f"{base}/{{sid}}.json", self.fetch, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        try:
            form = read_form(await request.body(), request.headers.get("content-type", ""))
        except ValueError:
            return error(21604)
        fields = {name: values[0] for name, values in form.items()}
        code = _flaw(fields)
        if code is not None:
            return error(code)
        callback = fields.get("StatusCallback") or None
        channel, to = addresses.split(fields["To"])
        _, sender = addresses.split(fields.get("From") or fields["MessagingServiceSid"])
        message = Accepted(
            id="SM" + secrets.token_hex(16),
            service=self._service.name,
            channel=channel,
            at=time.time(),
            to=to,
            sender=sender,
            content=_content(form),
            fate=fate_of(to),
            attempt=_attempt(callback),
            callback=callback,
        )
        return await self._take([message], self._wording)

    async def list(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        query = dict(request.query_params)
        try:
            size = max(1, min(MAX_PAGE, int(query.get("PageSize", 50))))
            number, token = int(query.get("Page", 0)), query.get("PageToken")
            filters = _filters(query)
            before = int(token) if token else None
        except ValueError:
            return error(20404)
        found = await asyncio.to_thread(self._listing.find, **filters, before=before, limit=size + 1)
        following = found[size - 1].n if len(found) > size else None
        page = [self._resource(one) for one in found[:size]]
        return answer(page_resource(page, self._sid, number, size, query, following), 200)

    async def fetch(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        sid = request.path_params["sid"]
        found = await asyncio.to_thread(self._listing.by_id, sid)
        return answer(self._resource(found[0]), 200) if found else error(20404)

    def _denied(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != self._key:
            return error(20003)
        return None if request.path_params["account"] == self._sid else error(20404)

    def _resource(self, found: Found) -> dict[str, Any]:
        past = self._service.past_changes(found.message, time.time())
        return message_resource(found.message, self._sid, past)


def _flaw(fields: Mapping[str, str]) -> int | None:
    """The error code for the first flaw of this form, or None."""
    to, sender, callback = fields.get("To", ""), fields.get("From", ""), fields.get("StatusCallback")
    channel, number = addresses.split(to)
    sender_channel, sender_name = addresses.split(sender)
    body = fields.get("Body", "")
    checks = (
        (not to, 21604),
        (not sender and not fields.get("MessagingServiceSid"), 21603),
        (sender_name in REFUSED_FROM, REFUSED_FROM.get(sender_name, 0)),
        (not body and not fields.get("MediaUrl") and not fields.get("ContentSid"), 21602),
        (len(body) > MAX_BODY, 21617),
        (not addresses.reaches(channel, number), 21211),
        (sender and sender_channel != channel, 21910),
        (number in REFUSED_TO, REFUSED_TO.get(number, 0)),
        (not _is_validity(fields.get("ValidityPeriod", "1")), 90007),
        (callback and not HOST.fullmatch(urlsplit(callback).hostname or ""), 21609),
    )
    return next((code for is_wrong, code in checks if is_wrong), None)


def _content(form: Mapping[str, list[str]]) -> dict[str, Any]:
    """The parts of a message: its text, media addresses, or a Twilio template with its variables."""
    parts: dict[str, Any] = {
        name: form[field][0]
        for name, field in (("body", "Body"), ("template", "ContentSid"), ("variables", "ContentVariables"))
        if form.get(field, [""])[0]
    }
    if "ValidityPeriod" in form:
        parts["validity"] = int(form["ValidityPeriod"][0])
    return parts | {"media": form["MediaUrl"]} if "MediaUrl" in form else parts


def _is_validity(text: str) -> bool:
    return text.isdecimal() and 1 <= int(text) <= MAX_VALIDITY


def _attempt(callback: str | None) -> str | None:
    return parse_qs(urlsplit(callback).query).get("attempt", [None])[0] if callback else None


def _filters(query: Mapping[str, str]) -> dict[str, Any]:
    """The filters of a list, as arguments of the index. Raises ValueError for an invalid date.

    `DateSent`, `DateSent>` and `DateSent<` are whole days in UTC, all inclusive.
    """
    filters: dict[str, Any] = {}
    for name, field in (("sender", "From"), ("to", "To")):
        if query.get(field):
            filters["channel"], filters[name] = addresses.split(query[field])
    since, until = query.get("DateSent>"), query.get("DateSent<")
    if day := query.get("DateSent"):
        since = until = day
    if since:
        filters["since"] = _day(since).timestamp()
    if until:
        filters["until"] = (_day(until) + timedelta(days=1)).timestamp()
    return filters


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
