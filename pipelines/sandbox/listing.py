"""The accepted messages as a service lists them: the index, with the scripted faults of lists."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipelines.sandbox.index import Found, Index


class ListingBroken(HTTPException):
    """The list is answered with 500."""

    def __init__(self) -> None:
        super().__init__(500)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one reading of a list. It shows messages only `late` seconds after they were accepted."""

    broken: bool = False
    empty: bool = False
    late: float = 0.0


class Listing:
    """Looks up the accepted messages of one service, like the index.

    `trouble` tells what is wrong with a reading, from the service and the address whose messages are read (None: all).
    """

    def __init__(self, service: str, index: Index, trouble: Callable[[str, str | None], Trouble]) -> None:
        self._service = service
        self._index = index
        self._trouble = trouble

    def find(self, *, to: str | None = None, **filters: Any) -> list[Found]:
        """The messages of this service. See `Index.find`."""
        return self._shown(to, lambda: self._index.find(to=to, service=self._service, **filters))

    def by_id(self, message_id: str) -> list[Found]:
        """The messages of one call."""
        return self._shown(None, lambda: self._index.by_id(self._service, message_id))

    def _shown(self, to: str | None, look_up: Callable[[], list[Found]]) -> list[Found]:
        trouble = self._trouble(self._service, to)
        if trouble.broken:
            raise ListingBroken
        newest = time.time() - trouble.late
        return [] if trouble.empty else [one for one in look_up() if one.message.at <= newest]


async def broken(_request: Request, _error: Exception) -> Response:
    """The answer to a list that is broken."""
    return PlainTextResponse("Internal Server Error", 500)
