"""Twilio's paths: create a message, list them, read one; their fields, their errors, their order of checking.

https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/api/errors
"""

import asyncio
import json
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.fates import REFUSED_FROM, REFUSED_TO, fate_of, state_at
from pipelines.sandbox.forms import read_form
from pipelines.sandbox.index import Found, Index
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.segments import segments
from pipelines.sandbox.taking import Desk, Wording

API = "2010-04-01"
BODY_LIMIT = 1600  # characters
PAGE_SIZES = range(1, 1001)
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-f:]+\]")  # no underscores

# Code: HTTP status and what Twilio says.
ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21609: (400, "Invalid 'StatusCallback' url"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable using the 'From' phone number via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}


class TwilioApi:
    """Answers as api.twilio.com would, for one account."""

    def __init__(self, config: SandboxConfig, desk: Desk, index: Index) -> None:
        self._config = config
        self._desk = desk
        self._index = index
        sid = config.twilio_account_sid
        self._path = f"/{API}/Accounts/{sid}/Messages"
        self._key = f"Basic {b64encode(f'{sid}:{config.twilio_auth_token}'.encode()).decode()}"
        self._wording = Wording(
            success=lambda messages: _json(self._shown(messages[0], None), 201),
            no_id=lambda: _json({}, 201),
            too_many=lambda seconds: _error(20429, {"Retry-After": f"{seconds:g}"}),
            broken=lambda: _error(20500),
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
            return _error(21604)
        given = {name: values[0] for name, values in form.items()}
        code = _flaw(given)
        if code is not None:
            return _error(code)
        callback = given.get("StatusCallback") or None
        message = Accepted(
            id="SM" + secrets.token_hex(16),
            channel="sms",
            at=time.time(),
            to=given["To"],
            sender=given.get("From") or given["MessagingServiceSid"],
            body=given["Body"],
            fate=fate_of("sms", given["To"]),
            attempt=_attempt(callback),
            callback=callback,
        )
        return await self._desk.take("sms", [message], self._wording)

    async def list(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        query = request.query_params
        try:
            size = max(1, min(1000, int(query.get("PageSize", 50))))
            page, token = int(query.get("Page", 0)), query.get("PageToken")
            since, until = _days(query)
            before = int(token) if token else None
        except ValueError:
            return _error(20404)
        found = await asyncio.to_thread(
            self._index.find,
            to=query.get("To"),
            sender=query.get("From"),
            channel="sms",
            since=since,
            until=until,
            before=before,
            limit=size + 1,
        )
        return _json(self._page(found, size, page, dict(query)), 200)

    async def fetch(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        found = await asyncio.to_thread(self._index.by_id, request.path_params["sid"])
        return _json(self._shown(found[0].message, time.time()), 200) if found else _error(20404)

    def _denied(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != self._key:
            return _error(20003)
        return None if request.path_params["account"] == self._config.twilio_account_sid else _error(20404)

    def _page(self, found: Sequence[Found], size: int, page: int, query: dict[str, str]) -> dict[str, Any]:
        shown, more = found[:size], len(found) > size
        kept = {name: value for name, value in query.items() if name not in {"Page", "PageToken", "PageSize"}}
        first = f"{self._path}.json?{urlencode({**kept, 'PageSize': size, 'Page': 0})}"
        onward = {**kept, "PageSize": size, "Page": page + 1, "PageToken": shown[-1].n if shown else ""}
        return {
            "messages": [self._shown(one.message, time.time()) for one in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": f"{self._path}.json?{urlencode(query)}",
            "first_page_uri": first,
            "previous_page_uri": None,
            "next_page_uri": f"{self._path}.json?{urlencode(onward)}" if more else None,
        }

    def _shown(self, message: Accepted, now: float | None) -> dict[str, Any]:
        """The Message resource; `now` is None in the answer to its creation, when nothing has happened yet."""
        turn = state_at("sms", message.fate, message.at, now, self._config) if now is not None else None
        created = _rfc2822(message.at)
        by_service = message.sender.startswith("MG")
        return {
            "account_sid": self._config.twilio_account_sid,
            "api_version": API,
            "body": message.body,
            "date_created": created,
            "date_sent": _rfc2822(message.at + self._config.sent_after) if turn else None,
            "date_updated": _rfc2822(turn.at) if turn else created,
            "direction": "outbound-api",
            "error_code": turn.code if turn else None,
            "error_message": None,
            "from": None if by_service else message.sender,
            "messaging_service_sid": message.sender if by_service else None,
            "num_media": "0",
            "num_segments": str(segments(message.body)),
            "price": None,
            "price_unit": None,
            "sid": message.id,
            "status": turn.state if turn else "accepted" if by_service else "queued",
            "subresource_uris": {"media": f"{self._path}/{message.id}/Media.json"},
            "to": message.to,
            "uri": f"{self._path}/{message.id}.json",
        }


def _flaw(given: dict[str, str]) -> int | None:
    """The code of the first thing that Twilio would refuse in this form."""
    to, sender, callback = given.get("To"), given.get("From"), given.get("StatusCallback")
    checks = (
        (not to, 21604),
        (not sender and not given.get("MessagingServiceSid"), 21603),
        (sender in REFUSED_FROM, REFUSED_FROM.get(sender or "", 0)),
        (not given.get("Body"), 21602),
        (len(given.get("Body", "")) > BODY_LIMIT, 21617),
        (NUMBER.fullmatch(to or "") is None, 21211),
        (to in REFUSED_TO, REFUSED_TO.get(to or "", 0)),
        (callback and not HOST.fullmatch(urlsplit(callback).hostname or ""), 21609),
    )
    return next((code for flawed, code in checks if flawed), None)


def _attempt(callback: str | None) -> str | None:
    return parse_qs(urlsplit(callback).query).get("attempt", [None])[0] if callback else None


def _days(query: Any) -> tuple[float | None, float | None]:
    """DateSent, `DateSent>` and `DateSent<` are whole days in UTC, the latter two included."""
    since, until = query.get("DateSent>"), query.get("DateSent<")
    if day := query.get("DateSent"):
        since = until = day
    first = _day(since).timestamp() if since else None
    return first, (_day(until) + timedelta(days=1)).timestamp() if until else None


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)


_stamps: dict[int, str] = {}


def _rfc2822(at: float) -> str:
    """Formatted once a second, not once a message."""
    second = int(at)
    if second not in _stamps:
        if len(_stamps) > 1000:
            _stamps.clear()
        _stamps[second] = format_datetime(datetime.fromtimestamp(second, UTC))
    return _stamps[second]


def _error(code: int, headers: dict[str, str] | None = None) -> Response:
    status, message = ERRORS[code]
    told = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return _json(told, status, headers)


def _json(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content), status, headers, "application/json")
