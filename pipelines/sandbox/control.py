"""The sandbox's own control paths, for tests, benchmarks and the command line."""

import asyncio
import time
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.callbacks import Callbacks
from pipelines.sandbox.display import state_name
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.index import Found, Index
from pipelines.sandbox.service import Service

MAX_MESSAGES = 1000  # per response

# What each path does; the first page shows this table.
PATHS = (
    ("GET /sandbox/messages", "accepted messages, newest first: service, channel, to, limit (1,000), cursor"),
    ("GET /sandbox/faults", "the active faults, with how often each was seen and hit"),
    ("POST /sandbox/faults", "replace all faults: a JSON list of rules, as below"),
    ("DELETE /sandbox/faults", "remove all faults"),
    (
        "POST /sandbox/replies",
        "answer as a person: JSON with `address`, `text` and, if wanted, `channel`, `times`, `seconds`, `forged`",
    ),
    ("GET /sandbox/health", "the number of callbacks sent and waiting"),
)


class Control:
    """The sandbox's own paths."""

    def __init__(
        self, services: Mapping[str, Service], index: Index, faults: Faults, callbacks: Callbacks
    ) -> None:
        self._services = services
        self._index = index
        self._faults = faults
        self._callbacks = callbacks

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/messages", self.messages),
            Route("/sandbox/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/health", self.health),
        ]

    async def messages(self, request: Request) -> Response:
        """JSON, newest first; `next` is the `cursor` of the following page."""
        query = request.query_params
        try:
            limit = max(1, min(MAX_MESSAGES, int(query.get("limit", "100"))))
            before = int(query["cursor"]) if "cursor" in query else None
        except ValueError:
            return JSONResponse({"error": "limit and cursor are whole numbers"}, 400)
        found = await asyncio.to_thread(
            self._index.find,
            to=query.get("to"),
            channel=query.get("channel"),
            service=query.get("service"),
            before=before,
            limit=limit + 1,
        )
        page = found[:limit]
        following = page[-1].n if len(found) > limit else None
        return JSONResponse({"messages": [self._record(one) for one in page], "next": following})

    async def faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._faults.replace(await request.body())
            except ValueError as error:
                raise HTTPException(400, str(error)) from error
        elif request.method == "DELETE":
            self._faults.rules = []
        return JSONResponse([rule.report() for rule in self._faults.rules])

    async def health(self, _request: Request) -> Response:
        return JSONResponse(
            {"callbacks_waiting": self._callbacks.waiting, "callbacks_sent": self._callbacks.sent}
        )

    def _record(self, found: Found) -> dict[str, object]:
        message = found.message
        return {**message._asdict(), "state": state_name(self._services, message, time.time())}
