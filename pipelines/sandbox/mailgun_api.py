"""Mailgun's paths: send to up to 1,000 people with words of their own, and the list of events.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

import asyncio
import json
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.events import ACCEPTED, mailgun_event
from pipelines.sandbox.fates import Turn, fate_of, turns
from pipelines.sandbox.forms import read_form
from pipelines.sandbox.index import Found, Index
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.taking import Desk, Wording

RECIPIENTS = 1000
OPTIONS_LIMIT = 16 * 1024  # bytes of o:, h:, v: and t: together
CALL_LIMIT = 25 * 1024 * 1024
EVENTS_PAGE = 300
PLAIN = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\].]+")
PLACE = re.compile(r"%recipient(?:\.([^%\s]+))?%")

Filled = Callable[[str, Mapping[str, Any]], str]


class MailgunApi:
    """Answers as api.mailgun.net would, for one domain."""

    def __init__(self, config: SandboxConfig, desk: Desk, index: Index) -> None:
        self._config = config
        self._desk = desk
        self._index = index
        self._key = f"Basic {b64encode(f'api:{config.mailgun_api_key}'.encode()).decode()}"
        self._wording = Wording(
            success=lambda messages: JSONResponse(
                {"id": f"<{messages[0].id}>", "message": "Queued. Thank you."}
            ),
            no_id=lambda: JSONResponse({}),
            too_many=lambda seconds: _said(429, "Too many requests", {"Retry-After": f"{seconds:g}"}),
            broken=lambda: _said(500, "Internal Server Error"),
        )

    def routes(self) -> list[Route]:
        return [
            Route("/v3/{domain}/messages", self.send, methods=["POST"]),
            Route("/v3/{domain}/events", self.events, methods=["GET"]),
        ]

    async def send(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        body = await request.body()
        if len(body) > CALL_LIMIT:
            return _said(413, "Request Entity Too Large")
        try:
            form = read_form(body, request.headers.get("content-type", ""))
            messages = self._messages(form)
        except ValueError as flaw:
            return _said(400, str(flaw))
        return await self._desk.take("email", messages, self._wording)

    async def events(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        query = request.query_params
        limit = max(1, min(EVENTS_PAGE, int(query.get("limit", "100"))))
        after = int(query.get("p", "0"))
        found = await asyncio.to_thread(
            self._index.find, channel="email", to=query.get("recipient"), after=after, limit=limit
        )
        items = [item for one in found for item in self._past(one) if _wanted(item, query)]
        items.sort(key=lambda item: float(item["timestamp"]), reverse=query.get("ascending") != "yes")
        onward = {**query, "p": found[-1].n if found else after}
        page = f"{request.url.replace(query='')}?{urlencode(onward)}"
        return JSONResponse({"items": items, "paging": {"next": page}})

    def _denied(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != self._key:
            return Response("Forbidden", 401, media_type="text/plain")
        if request.path_params["domain"] != self._config.mailgun_domain:
            return _said(404, f"Domain not found: {request.path_params['domain']}")
        return None

    def _messages(self, form: Mapping[str, list[str]]) -> Sequence[Accepted]:
        """Raises ValueError in Mailgun's words."""
        sender, subject = form.get("from", [""])[0], form.get("subject", [""])[0]
        text, html = form.get("text", [""])[0], form.get("html", [None])[0]
        recipients = _addresses(form.get("to", []))
        if not PLAIN.fullmatch(_bare(sender)):
            raise ValueError("'from' parameter is not a valid address. please check documentation")
        if not text and not html:
            raise ValueError(
                "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
            )
        if sum(
            len(k) + len(v.encode())
            for k, vs in form.items()
            if k[:2] in {"o:", "h:", "v:", "t:"}
            for v in vs
        ) > (OPTIONS_LIMIT):
            raise ValueError("total size of options and variables exceeds 16KB")
        variables = _variables(form.get("recipient-variables", ["{}"])[0])
        now = time.time()
        call = f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S}.{secrets.token_hex(8)}@{self._config.mailgun_domain}"
        fill_subject, fill_text, fill_html = map(_filler, (subject, text, html or ""))
        fill_attempt = _filler(form.get("v:attempt", [""])[0])
        made = []
        for to in recipients:
            own = variables.get(to, {})
            made.append(
                Accepted(
                    id=call,
                    channel="email",
                    at=now,
                    to=to,
                    sender=sender,
                    body=fill_text(to, own),
                    fate=fate_of("email", to),
                    subject=fill_subject(to, own),
                    html=None if html is None else fill_html(to, own),
                    attempt=fill_attempt(to, own) or None,
                )
            )
        return made

    def _past(self, found: Found) -> Iterator[dict[str, Any]]:
        message, now = found.message, time.time()
        yield mailgun_event(message, Turn(ACCEPTED, message.at, None))
        for turn in turns("email", message.fate, message.at, self._config):
            if turn.at <= now:
                yield mailgun_event(message, turn)


def _addresses(fields: Sequence[str]) -> list[str]:
    recipients = [_bare(one) for field in fields for one in field.split(",")]
    if not recipients or any(PLAIN.fullmatch(to) is None for to in recipients):
        raise ValueError("'to' parameter is not a valid address. please check documentation")
    once = list(dict.fromkeys(recipients))  # the same address twice is one recipient
    if len(once) > RECIPIENTS:
        raise ValueError("too many recipients: the limit is 1000")
    return once


def _bare(address: str) -> str:
    if "<" not in address:
        return address.strip()
    return getaddresses([address])[0][1]


def _variables(written: str) -> dict[str, dict[str, Any]]:
    try:
        variables = json.loads(written)
    except ValueError as error:
        raise ValueError("'recipient-variables' is not valid JSON") from error
    if not isinstance(variables, dict) or not all(isinstance(own, dict) for own in variables.values()):
        raise ValueError("'recipient-variables' must be a dictionary of dictionaries")
    return variables


def _filler(template: str) -> Filled:
    """Puts each person's words in, once: what stands in somebody's words is never a place itself."""
    parts = PLACE.split(template)  # text, name, text, name, … text; a bare %recipient% has no name
    if len(parts) == 1:
        return lambda _to, _own: template
    if len(parts) == 3 and not parts[0] and not parts[2] and parts[1]:
        name = parts[1]
        return lambda _to, own: str(own.get(name, template))

    def filled(to: str, own: Mapping[str, Any]) -> str:
        words = [
            part if number % 2 == 0 else to if part is None else str(own.get(part, f"%recipient.{part}%"))
            for number, part in enumerate(parts)
        ]
        return "".join(words)

    return filled


def _wanted(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    begin, end = _time(query.get("begin")), _time(query.get("end"))
    reference = query.get("message-id", "").strip("<>")
    return (
        ("event" not in query or item["event"] in query["event"].split(" OR "))
        and (not reference or item["message"]["headers"]["message-id"] == reference)
        and ("severity" not in query or item.get("severity") == query["severity"])
        and (begin is None or item["timestamp"] >= begin)
        and (end is None or item["timestamp"] <= end)
    )


def _time(text: str | None) -> float | None:
    """Seconds since 1970 or an RFC 2822 date, as the events API takes them."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return parsedate_to_datetime(text).timestamp()


def _said(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"message": message}, status, headers)
