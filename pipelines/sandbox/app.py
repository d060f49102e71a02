"""The sandbox as an ASGI program: both providers, the script of faults, the inbox."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.callbacks import Callbacks
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.inbox import Inbox
from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import HOOKS, MESSAGES, Journal
from pipelines.sandbox.mailgun_api import MailgunApi
from pipelines.sandbox.taking import Desk
from pipelines.sandbox.twilio_api import TwilioApi

QUIET = 1.0  # seconds without a call before the index reads ahead


async def _keep_up(index: Index, callbacks: Callbacks) -> None:
    """Read the journal into the index while nothing is coming in, so that whoever asks later need not wait."""
    while True:
        await asyncio.sleep(QUIET)
        while not callbacks.busy(QUIET) and await asyncio.to_thread(index.read_some):
            continue


def create_app(config: SandboxConfig) -> Starlette:
    """The program; it keeps its journal in `config.folder` and goes on with what is already there."""
    messages, hooks = Journal(config.folder / MESSAGES), Journal(config.folder / HOOKS)
    index, faults = Index(config.folder), Faults()
    callbacks = Callbacks(config, hooks)
    desk = Desk(messages, callbacks, faults)

    @contextlib.asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        callbacks.start()
        reading = asyncio.create_task(_keep_up(index, callbacks))
        yield
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await callbacks.stop()
        index.close()
        messages.close()
        hooks.close()

    async def script(request: Request) -> Response:
        if request.method == "POST":
            try:
                faults.replace(await request.body())
            except ValueError as error:
                raise HTTPException(400, str(error)) from error
        elif request.method == "DELETE":
            faults.rules = []
        return JSONResponse([rule.told() for rule in faults.rules])

    async def health(_request: Request) -> Response:
        return JSONResponse({"callbacks_waiting": callbacks.waiting, "callbacks_sent": callbacks.sent})

    routes = [
        *TwilioApi(config, desk, index).routes(),
        *MailgunApi(config, desk, index).routes(),
        Route("/sandbox/faults", script, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/health", health),
        *Inbox(config, index).routes(),
    ]
    return Starlette(routes=routes, lifespan=running)
