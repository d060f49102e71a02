"""The server: uvicorn with httptools, which gives the faults access to the connection."""

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "sandbox.transport"
KEEP_ALIVE = 75  # seconds, as with the load balancers of large providers


class ReachableProtocol(HttpToolsProtocol):
    """Puts the transport into the scope, so that a fault can drop the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required] # our own key


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
