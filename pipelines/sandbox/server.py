"""The server: uvicorn on uvloop and httptools, with the connection itself within reach of the faults."""

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "sandbox.transport"
KEEP_ALIVE = 75  # seconds; as long as a big provider's front keeps an idle connection


class ReachableProtocol(HttpToolsProtocol):
    """Puts the transport into the scope: to lose an answer one must be able to drop the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required] # ours, beside ASGI's own


def server(app: Any, host: str, port: int) -> uvicorn.Server:
    """A server for the sandbox; loopback unless the caller says otherwise."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=ReachableProtocol,
            access_log=False,
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=1,
            backlog=2048,
            server_header=False,
        )
    )
