"""Assembles the front: hooks and health on the event loop, the portal's pages in threads, the gate before all of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import uvicorn
from flask import Flask
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from webapp.front.connection import Connection
from webapp.front.gate import Gate, Limits
from webapp.front.portal import Portal
from webapp.front.quiet import Quiet
from webapp.public.answers import answer
from webapp.public.hooks import HOOKS
from webapp.public.routes import provider_hooks, public_routes

ENDING = 5  # seconds for requests in progress when the server stops
BACKLOG = 2048


def program(app: Flask, gate: Gate | None = None) -> ASGIApp:
    """Everything that is served on the portal's address, including `app`."""
    boat = app.extensions["packetboat"]
    hooks = provider_hooks(boat)

    @contextlib.asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        hooks.begin()
        keeping = asyncio.create_task(gate.keep()) if gate else None
        yield
        if keeping:
            keeping.cancel()
        await hooks.close()

    async def refuse(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(error.status_code)

    pages = Starlette(
        routes=[*public_routes(boat), Mount("/", Portal(app))],
        middleware=[Middleware(Quiet)],
        exception_handlers={HTTPException: refuse},
        lifespan=running,
    )
    return hooks_first(Quiet(hooks), pages)


def hooks_first(hooks: ASGIApp, pages: ASGIApp) -> ASGIApp:
    """Hand the providers' calls over at once: Starlette's routing and middleware would cost more than checking their signatures."""

    async def entrance(scope: Scope, receive: Receive, send: Send) -> None:
        is_hook = scope["type"] == "http" and scope["path"].startswith(HOOKS)
        await (hooks if is_hook else pages)(scope, receive, send)

    return entrance


def server(app: Flask, host: str, port: int) -> uvicorn.Server:
    """A server for the portal and the hooks. X-Forwarded-… headers are trusted only from our own proxies."""
    settings = app.extensions["packetboat"].settings
    gate = Gate(replace(Limits(), per_address=settings.connections_per_address), settings.trusted_proxies)
    served: Any = program(app, gate)  # Starlette and uvicorn describe an application differently
    if settings.trusted_proxies:
        served = ProxyHeadersMiddleware(served, settings.trusted_proxies)
    return uvicorn.Server(
        uvicorn.Config(
            served,
            host=host,
            port=port,
            http=partial(Connection, gate),  # type: ignore[arg-type] # called like the class
            ws="none",
            lifespan="on",
            proxy_headers=False,
            access_log=False,
            log_level="error",
            # The gate closes idle connections, too: uvicorn's own timeout would wait for a caller that does not read.
            timeout_keep_alive=round(gate.limits.idle) + 5,
            timeout_graceful_shutdown=ENDING,
            backlog=BACKLOG,
            server_header=False,
        )
    )
