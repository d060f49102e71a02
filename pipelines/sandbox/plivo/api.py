"""Plivo's paths: send a message, list messages, read one.

https://www.plivo.com/docs/messaging/api/messages/
"""

import asyncio
import json
import re
import time
import uuid
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.sandbox.index import Found
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.plivo.fates import NOT_OURS, fate_of
from pipelines.sandbox.segments import segments
from pipelines.sandbox.service import Service, Take, Wording

MAX_TEXT = 1600  # characters
MAX_PAGE = 20
NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
SMS = "sms"


class PlivoApi:
    """Answers as api.plivo.com would, for one account."""

    def __init__(self, service: Service, take: Take, listing: Listing) -> None:
        self._service, self._take, self._listing = service, take, listing
        self._id, token = service.secrets["auth_id"], service.secrets["auth_token"]
        self._key = f"Basic {b64encode(f'{self._id}:{token}'.encode()).decode()}"
        self._wording = Wording(
            success=lambda messages: answer(
                {"message": "message(s) queued", "message_uuid": [one.id for one in messages]}, 202
            ),
            no_id=lambda: answer({"message": "message(s) queued"}, 202),
            too_many=lambda seconds: answer(
                {"error": "too many requests"}, 429, {"Retry-After": f"{seconds:g}"}
            ),
            broken=lambda: answer({"error": "internal server error"}, 500),
            faults=service.faults,
        )

    def routes(self) -> list[Route]:
        base = "/v1/Account/{account}/Message/"
        return [
            Route(base, self.create, methods=["POST"]),
            Route(base, self.list, methods=["GET"]),
            Route(f"{base}{{uuid}}/", self.fetch, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        try:
            content = json.loads(await request.body())
        except ValueError:
            return answer({"error": "invalid JSON"}, 400)
        flaw = _flaw(content)
        if flaw is not None:
            return answer({"error": flaw}, 400)
        callback = content.get("url")
        message = Accepted(
            id=str(uuid.uuid4()),
            service=self._service.name,
            channel=SMS,
            at=time.time(),
            to=_international(content["dst"]),
            sender=_international(content["src"]),
            content={"body": content["text"]},
            fate=fate_of(_international(content["dst"])),
            attempt=_attempt(callback),
            callback=callback,
        )
        return await self._take([message], self._wording)

    async def list(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        query = dict(request.query_params)
        try:
            limit, offset = int(query.get("limit", MAX_PAGE)), int(query.get("offset", 0))
            filters = _filters(query)
        except ValueError:
            return answer({"error": "invalid filter"}, 400)
        limit = max(1, min(MAX_PAGE, limit))
        found = await asyncio.to_thread(self._listing.find, **filters, limit=offset + limit)
        page = [self._resource(one) for one in found[offset:]]
        following = urlencode({**query, "limit": limit, "offset": offset + limit})
        meta = {
            "limit": limit,
            "offset": offset,
            "next": f"{request.url.path}?{following}" if len(page) == limit else None,
            "previous": None,
        }
        return answer({"meta": meta, "objects": page}, 200)

    async def fetch(self, request: Request) -> Response:
        if (denied := self._denied(request)) is not None:
            return denied
        found = await asyncio.to_thread(self._listing.by_id, request.path_params["uuid"])
        return answer(self._resource(found[0]), 200) if found else answer({"error": "not found"}, 404)

    def _denied(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != self._key:
            text = "Could not verify your access level for that URL."
            return Response(text, 401, media_type="text/plain")
        return None if request.path_params["account"] == self._id else answer({"error": "not found"}, 404)

    def _resource(self, found: Found) -> dict[str, Any]:
        """A message detail record. It has no text."""
        message = found.message
        past = self._service.past_changes(message, time.time())
        last = past[-1] if past else None
        return {
            "error_code": code_of(last.state, last.code) if last else None,
            "from_number": plain(message.sender),
            "message_direction": "outbound",
            "message_state": last.state if last else "queued",
            "message_time": datetime.fromtimestamp(message.at, UTC).isoformat(" "),
            "message_type": SMS,
            "message_uuid": message.id,
            "resource_uri": f"/v1/Account/{self._id}/Message/{message.id}/",
            "to_number": plain(message.to),
            "total_amount": "0.00000",
            "total_rate": "0.00000",
            "units": segments(message.content.get("body", "")),
        }


def answer(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, with the id that every answer has."""
    document = {"api_id": str(uuid.uuid4()), **content}
    return Response(json.dumps(document), status, headers, "application/json")


def code_of(state: str, code: int | None) -> str | None:
    """The error code as Plivo writes it: 000 for a delivered message."""
    if state == "delivered":
        return "000"
    return str(code) if code is not None else None


def plain(number: str) -> str:
    """A number as Plivo writes it, without its plus sign."""
    return number.removeprefix("+")


def _international(number: str) -> str:
    return f"+{number.removeprefix('+')}" if NUMBER.fullmatch(number) else number


def _flaw(content: Any) -> str | None:
    """The text for the first flaw of this call, or None."""
    if not isinstance(content, dict):
        return "invalid JSON"
    texts = {name: content[name] for name in ("src", "dst", "text") if isinstance(content.get(name), str)}
    for name in ("src", "dst", "text"):
        if not texts.get(name):
            return f"{name} parameter not present"
    if plain(texts["src"]) == NOT_OURS:
        return "src number is not associated with this account"
    if not NUMBER.fullmatch(texts["dst"]):
        return "dst is not a valid phone number"
    if plain(texts["src"]) == plain(texts["dst"]):
        return "src and dst cannot be same"
    return "message text is too long" if len(texts["text"]) > MAX_TEXT else None


def _attempt(callback: str | None) -> str | None:
    return parse_qs(urlsplit(callback).query).get("attempt", [None])[0] if callback else None


def _filters(query: Mapping[str, str]) -> dict[str, Any]:
    """The filters of a list, as arguments of the index. Times are in UTC. Raises ValueError for an invalid one."""
    filters: dict[str, Any] = {}
    for name, field in (("sender", "from_number"), ("to", "to_number")):
        if query.get(field):
            filters[name] = _international(query[field])
    for name, field in (("since", "message_time__gte"), ("until", "message_time__lte")):
        if query.get(field):
            filters[name] = datetime.fromisoformat(query[field]).replace(tzinfo=UTC).timestamp()
    return filters
