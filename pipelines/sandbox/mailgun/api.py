"""Mailgun's paths: send to up to 1,000 people with individual variables, and list events.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.forms import read_form
from pipelines.sandbox.index import Found
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.mailgun.answers import refusal
from pipelines.sandbox.mailgun.call import read_call
from pipelines.sandbox.mailgun.events import ACCEPTED, event
from pipelines.sandbox.service import Change, Service, Take, Wording

MAX_CALL = 25 * 1024 * 1024  # bytes
EVENTS_PAGE = 300


class MailgunApi:
    """Answers as api.mailgun.net would, for one domain."""

    def __init__(self, service: Service, take: Take, listing: Listing) -> None:
        self._service = service
        self._take = take
        self._listing = listing
        self._domain, api_key = service.secrets["domain"], service.secrets["api_key"]
        self._key = f"Basic {b64encode(f'api:{api_key}'.encode()).decode()}"
        self._webhook = service.config.hook(service.name)
        self._wording = Wording(
            success=lambda messages: JSONResponse(
                {"id": f"<{messages[0].id}>", "message": "Queued. Thank you."}
            ),
            no_id=lambda: JSONResponse({}),
            too_many=lambda seconds: refusal(429, "Too many requests", {"Retry-After": f"{seconds:g}"}),
            broken=lambda: refusal(500, "Internal Server Error"),
            faults=service.faults,
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
        if len(body) > MAX_CALL:
            return refusal(413, "Request Entity Too Large")
        try:
            form = read_form(body, request.headers.get("content-type", ""))
            messages = read_call(form, self._service.name, self._domain, self._webhook)
        except ValueError as error:
            return refusal(400, str(error))
        return await self._take(messages, self._wording)

    async def events(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        query = request.query_params
        after = int(query.get("p", "0"))
        items: list[dict[str, Any]] = []
        while not items:  # an empty page is the last one
            found = await asyncio.to_thread(self._found, query, after)
            if not found:
                break
            after = found[-1].n
            items = [item for one in found for item in self._events_of(one) if _matches(item, query)]
        items.sort(key=lambda item: float(item["timestamp"]), reverse=query.get("ascending") != "yes")
        page = f"{request.url.replace(query='')}?{urlencode({**query, 'p': after})}"
        return JSONResponse({"items": items, "paging": {"next": page}})

    def _found(self, query: Mapping[str, str], after: int) -> list[Found]:
        """The next messages whose events a query may list."""
        limit = max(1, min(EVENTS_PAGE, int(query.get("limit", "100"))))
        if reference := query.get("message-id", "").strip("<>"):
            of_call = [one for one in self._listing.by_id(reference) if one.n > after]
            return sorted(of_call, key=lambda one: one.n)[:limit]
        return self._listing.find(to=query.get("recipient"), after=after, limit=limit)

    def _denied(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != self._key:
            return Response("Forbidden", 401, media_type="text/plain")
        if request.path_params["domain"] != self._domain:
            return refusal(404, f"Domain not found: {request.path_params['domain']}")
        return None

    def _events_of(self, found: Found) -> Iterator[dict[str, Any]]:
        message = found.message
        yield event(message, Change(ACCEPTED, message.at, None))
        for change in self._service.past_changes(message, time.time()):
            yield event(message, change)


def _matches(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    begin, end = _time(query.get("begin")), _time(query.get("end"))
    return (
        ("event" not in query or item["event"] in query["event"].split(" OR "))
        and ("severity" not in query or item.get("severity") == query["severity"])
        and (begin is None or item["timestamp"] >= begin)
        and (end is None or item["timestamp"] <= end)
    )


def _time(text: str | None) -> float | None:
    """Parse seconds since 1970 or an RFC 2822 date."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return parsedate_to_datetime(text).timestamp()
