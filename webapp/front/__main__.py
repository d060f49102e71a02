"""`python -m webapp.front`: the portal and the providers' hooks, on one port, in one process."""

import gc
import sys

import click

from webapp.app import create_app
from webapp.front.server import server

SWITCH = 0.001  # seconds after which a thread that computes lets the event loop go on


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.  [default: PACKETBOAT_PORTAL_PORT]")
def main(host: str, port: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    app = create_app()
    sys.setswitchinterval(SWITCH)
    gc.freeze()  # what exists now stays for good; looking through all of it would stop the event loop for a tenth of a second
    server(app, host, port or app.extensions["packetboat"].settings.portal_port).run()


if __name__ == "__main__":
    main()
