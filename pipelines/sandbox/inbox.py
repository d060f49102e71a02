"""What each person received, as they would see it, and the callbacks that were sent back."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.fates import state_at
from pipelines.sandbox.index import Found, Index
from pipelines.sandbox.journal import Called
from pipelines.sandbox.segments import segments

PAGES = Path(__file__).parent / "pages"
MOST = 1000  # messages in one JSON answer
PEOPLE = 24  # frames on a page
EACH = 3  # messages in a frame of the overview
OF_ONE = 30  # messages on one person's page

# A state in the reader's words, and which of the four state marks it wears.
STATES = {
    "accepted": ("accepted", "waiting"),
    "sent": ("sent", "moving"),
    "delivered": ("delivered", "done"),
    "undelivered": ("not delivered", "needs"),
    "failed": ("failed", "needs"),
    "failed-temporary": ("delayed, tried again", "moving"),
    "failed-permanent": ("bounced", "needs"),
    "complained": ("marked as spam", "needs"),
    "unsubscribed": ("unsubscribed", "needs"),
}
# No scripts, nothing from elsewhere: a message's HTML is somebody else's words.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-src 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Inbox:
    def __init__(self, config: SandboxConfig, index: Index) -> None:
        self._config = config
        self._index = index
        self._pages = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.filters["thousands"] = "{:,}".format

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route("/sandbox/style.css", self.style),
            Route("/sandbox/messages", self.messages),
        ]

    async def page(self, request: Request) -> Response:
        """Everybody, newest first, or one person with `to`; `q` searches, `before` pages, `live` reloads by itself."""
        query = request.query_params
        before = query.get("before")
        if before is not None and not before.isdecimal():
            return Response("The address of this page is not complete.", 400, media_type="text/plain")
        html = await asyncio.to_thread(self._rendered, query, int(before) if before else None)
        return HTMLResponse(html, headers=HEADERS)

    async def style(self, _request: Request) -> Response:
        return FileResponse(PAGES / "style.css", media_type="text/css")

    async def messages(self, request: Request) -> Response:
        """JSON, newest first: `to`, `channel`, `limit` up to 1,000, and `cursor` from the answer before."""
        query = request.query_params
        try:
            limit = max(1, min(MOST, int(query.get("limit", "100"))))
            before = int(query["cursor"]) if "cursor" in query else None
        except ValueError:
            return JSONResponse({"error": "limit and cursor are whole numbers"}, 400)
        found = await asyncio.to_thread(
            self._index.find, to=query.get("to"), channel=query.get("channel"), before=before, limit=limit + 1
        )
        shown = found[:limit]
        following = shown[-1].n if len(found) > limit else None
        told = [{**one.message._asdict(), "state": self._state(one)} for one in shown]
        return JSONResponse({"messages": told, "next": following})

    def _rendered(self, query: QueryParams, before: int | None) -> str:
        live = "live" in query
        frame = {
            "totals": self._index.totals(),
            "live": live,
            "toggle": _link(query, live=None if live else "1"),
        }
        template = self._pages.get_template("person.html" if "to" in query else "people.html")
        view = self._person(query, before) if "to" in query else self._people(query, before)
        return template.render(frame | view)

    def _people(self, query: QueryParams, before: int | None) -> dict[str, Any]:
        search = query.get("q", "").strip()
        channel = query.get("channel") or None
        found = self._index.people(search=search, channel=channel, before=before, limit=PEOPLE + 1, each=EACH)
        people = [
            {
                "address": person.address,
                "channel": person.channel,
                "total": person.total,
                "messages": [self._seen(one) for one in person.messages],
                "link": "/?" + urlencode({"to": person.address}),
            }
            for person in found[:PEOPLE]
        ]
        older = _link(query, before=str(found[PEOPLE - 1].cursor)) if len(found) > PEOPLE else None
        kinds = [
            (word, _link(query, channel=kind, before=None), kind == channel)
            for kind, word in ((None, "Everybody"), ("sms", "Phones"), ("email", "Mailboxes"))
        ]
        newest = None if before is None else _link(query, before=None)
        return {"people": people, "search": search, "kinds": kinds, "newest": newest, "older": older}

    def _person(self, query: QueryParams, before: int | None) -> dict[str, Any]:
        address = query["to"]
        found = self._index.find(to=address, before=before, limit=OF_ONE + 1)
        shown = found[:OF_ONE]
        return {
            "address": address,
            "channel": shown[0].message.channel if shown else None,
            "messages": [self._seen(one) for one in shown],
            "callbacks": [(self._seen(one), self._called(one)) for one in shown],
            "older": _link(query, before=str(shown[-1].n)) if len(found) > OF_ONE else None,
        }

    def _seen(self, found: Found) -> dict[str, Any]:
        message = found.message
        word, mark = STATES[self._state(found)]
        return {
            "message": message,
            "state": word,
            "mark": mark,
            "at": _clock(message.at),
            "ago": _ago(time.time() - message.at),
            "sender": parseaddr(message.sender)[0] or message.sender,
            "segments": segments(message.body) if message.channel == "sms" else None,
        }

    def _called(self, found: Found) -> Sequence[dict[str, Any]]:
        return [_result(one) for one in self._index.called(found.message.id, found.message.to)]

    def _state(self, found: Found) -> str:
        message = found.message
        turn = state_at(message.channel, message.fate, message.at, time.time(), self._config)
        return turn.state if turn else "accepted"


def _result(called: Called) -> dict[str, Any]:
    good = called.http_status is not None and 200 <= called.http_status < 300
    parts = urlsplit(called.url)
    return {
        "state": STATES[called.state][0],
        "at": _clock(called.at),
        "where": parts.netloc + parts.path,
        "answer": f"answered {called.http_status}" if called.http_status else f"no answer ({called.error})",
        "mark": "done" if good else "needs",
    }


def _link(query: QueryParams, **changed: str | None) -> str:
    """The same page with some parameters changed; None takes one away."""
    kept = {name: value for name, value in {**query, **changed}.items() if value is not None}
    return "/?" + urlencode(kept) if kept else "/"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _ago(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
