"""What each person received, as they would see it, and the callbacks that were sent back."""

import asyncio
import time
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.fates import state_at
from pipelines.sandbox.index import Found, Index

MOST = 1000  # messages in one answer


class Inbox:
    def __init__(self, config: SandboxConfig, index: Index) -> None:
        self._config = config
        self._index = index

    def routes(self) -> list[Route]:
        return [Route("/sandbox/messages", self.messages)]

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
        return JSONResponse(
            {
                "messages": [self._told(one) for one in shown],
                "next": shown[-1].n if len(found) > limit else None,
            }
        )

    def _told(self, found: Found) -> dict[str, Any]:
        message = found.message
        turn = state_at(message.channel, message.fate, message.at, time.time(), self._config)
        return {**asdict(message), "state": turn.state if turn else "accepted"}
