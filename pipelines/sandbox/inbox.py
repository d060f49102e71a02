"""The inbox pages: what each person received, as they would see it, and the callbacks that were sent."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipelines.sandbox.display import Seen, answered, frame_for, report, seen
from pipelines.sandbox.guide import guide
from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.service import Service

HERE = Path(__file__).parent
PAGES = HERE / "pages"
MAX_PEOPLE = 24  # frames on a page
MAX_IN_OVERVIEW = 3  # messages in a frame of the overview
MAX_OF_PERSON = 30  # messages on one person's page

# No scripts and no external resources: the HTML of a message is not trusted.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-src 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Inbox:
    """The overview of all people, and a page for each person."""

    def __init__(self, services: Mapping[str, Service], index: Index) -> None:
        self._services = services
        self._index = index
        self._pages = Environment(
            loader=FileSystemLoader([PAGES, HERE]), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.filters["thousands"] = "{:,}".format
        sheets = [PAGES / "style.css", *(HERE / name / "style.css" for name in services)]
        self._style = "\n".join(sheet.read_text() for sheet in sheets if sheet.exists())

    def routes(self) -> list[Route]:
        return [Route("/", self.page), Route("/sandbox/style.css", self.style)]

    async def page(self, request: Request) -> Response:
        """All people, newest message first, or the one person `to`. `q` searches, `before` is the paging cursor, `live` reloads the page."""
        query = request.query_params
        before = query.get("before")
        if before is not None and not before.isdecimal():
            return Response("The address of this page is incomplete.", 400, media_type="text/plain")
        html = await asyncio.to_thread(self._rendered, query, int(before) if before else None)
        return HTMLResponse(html, headers=HEADERS)

    async def style(self, _request: Request) -> Response:
        return Response(self._style, media_type="text/css")

    def _rendered(self, query: QueryParams, before: int | None) -> str:
        live = "live" in query
        frame = {"live": live, "toggle": _link(query, live=None if live else "1")}
        template = self._pages.get_template("person.html" if "to" in query else "people.html")
        view = self._person(query, before) if "to" in query else self._people(query, before)
        return template.render(frame | view)

    def _people(self, query: QueryParams, before: int | None) -> dict[str, Any]:
        search = query.get("q", "").strip()
        channel = query.get("channel") or None
        found = self._index.people(
            search=search, channel=channel, before=before, limit=MAX_PEOPLE + 1, each=MAX_IN_OVERVIEW
        )
        people = [
            self._device(person.address, [one.message for one in person.messages])
            | {"total": person.total, "link": "/?" + urlencode({"to": person.address})}
            for person in found[:MAX_PEOPLE]
        ]
        totals = self._totals()
        everybody = "Everybody", sum(count for _title, count in totals.values())
        kinds: list[tuple[str | None, tuple[str, int]]] = [(None, everybody), *totals.items()]
        return {
            "people": people,
            "search": search,
            "kinds": [
                (title, count, _link(query, channel=name, before=None), name == channel)
                for name, (title, count) in kinds
            ],
            "newest": None if before is None else _link(query, before=None),
            "older": _link(query, before=str(found[MAX_PEOPLE - 1].cursor))
            if len(found) > MAX_PEOPLE
            else None,
            "guide": guide(self._services),
        }

    def _totals(self) -> dict[str, tuple[str, int]]:
        """The title of each channel, from its first service, and its number of messages."""
        totals: dict[str, tuple[str, int]] = {}
        for service, channel, count in self._index.totals():
            title, before = totals.get(channel) or (frame_for(self._services, service, channel).title, 0)
            totals[channel] = title, before + count
        return totals

    def _person(self, query: QueryParams, before: int | None) -> dict[str, Any]:
        address = query["to"]
        found = self._index.find(to=address, before=before, limit=MAX_OF_PERSON + 1)
        messages = [one.message for one in found[:MAX_OF_PERSON]]
        return {
            "address": address,
            "devices": [self._device(address, group) for group in _by_channel(messages)],
            "answers": [answered(one) for one in self._index.replied(address)],
            "callbacks": [(self._seen(message), self._reports(message)) for message in messages],
            "older": _link(query, before=str(found[MAX_OF_PERSON - 1].n))
            if len(found) > MAX_OF_PERSON
            else None,
        }

    def _device(self, address: str, messages: Sequence[Accepted]) -> dict[str, Any]:
        """A frame with messages of one service and channel, which are passed newest first."""
        frame = frame_for(self._services, messages[0].service, messages[0].channel)
        ordered = reversed(messages) if frame.oldest_first else messages
        return {"address": address, "frame": frame, "messages": [self._seen(one) for one in ordered]}

    def _seen(self, message: Accepted) -> Seen:
        return seen(self._services, message)

    def _reports(self, message: Accepted) -> list[dict[str, Any]]:
        called = self._index.called(message.id, message.to)
        return [report(self._services, message, one) for one in called]


def _by_channel(messages: Sequence[Accepted]) -> Iterable[list[Accepted]]:
    """The messages grouped by service and channel, in their order."""
    groups: dict[tuple[str, str], list[Accepted]] = {}
    for message in messages:
        groups.setdefault((message.service, message.channel), []).append(message)
    return groups.values()


def _link(query: QueryParams, **changed: str | None) -> str:
    """The same page with some parameters changed; None removes one."""
    kept = {name: value for name, value in {**query, **changed}.items() if value is not None}
    return "/?" + urlencode(kept) if kept else "/"
