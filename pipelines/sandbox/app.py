"""The sandbox as an ASGI program: every service, the control paths, the inbox."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from pipelines.sandbox.answering import Answering
from pipelines.sandbox.callbacks import Callbacks
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.control import Control
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.inbox import Inbox
from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import HOOKS, MESSAGES, REPLIES, Journal
from pipelines.sandbox.listing import Listing, ListingBroken, broken
from pipelines.sandbox.services import check_paths, open_services
from pipelines.sandbox.taking import Desk

QUIET = 1.0  # seconds without a call after which the index reads ahead


async def _keep_up(index: Index, callbacks: Callbacks) -> None:
    """Read the journal into the index while no calls come in, so that later queries need not wait."""
    while True:
        await asyncio.sleep(QUIET)
        while not callbacks.busy(QUIET) and await asyncio.to_thread(index.read_some):
            continue


def create_app(config: SandboxConfig) -> Starlette:
    """Build the application. Its journal is in `config.folder`, where an existing one is continued.

    Raises SettingsError when a service's folder is malformed or its secrets are missing.
    """
    services = open_services(config)
    messages, hooks = Journal(config.folder / MESSAGES), Journal(config.folder / HOOKS)
    index, faults = Index(config.folder), Faults(services)
    callbacks = Callbacks(services, config.callbacks_at_once, hooks)
    replies = Journal(config.folder / REPLIES)
    answering = Answering(services, index, replies)
    desk = Desk(messages, callbacks, faults)

    @contextlib.asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        callbacks.start()
        reading = asyncio.create_task(_keep_up(index, callbacks))
        yield
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await callbacks.stop()
        await answering.close()
        index.close()
        messages.close()
        hooks.close()
        replies.close()

    routes = [
        route
        for name, service in services.items()
        for route in service.routes(desk.take, Listing(name, index, faults.of_list))
    ]
    routes += Control(services, index, faults, callbacks).routes() + Inbox(services, index).routes()
    routes += answering.routes()
    check_paths(routes)
    return Starlette(routes=routes, exception_handlers={ListingBroken: broken}, lifespan=running)
