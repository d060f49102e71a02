"""The health check: the portal answers, and so does its database."""

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from pipelines.reports.database import answers
from webapp.public.answers import answer

MAX_CONCURRENT = 2


class Health:
    """For process supervisors; it answers even while every other thread is busy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = CapacityLimiter(MAX_CONCURRENT)

    async def healthz(self, _request: Request) -> Response:
        return await to_thread.run_sync(self._check, limiter=self._threads)

    def _check(self) -> Response:
        if answers(self._engine):
            return answer(200, "ok\n")
        return answer(503, "the database does not answer\n")
