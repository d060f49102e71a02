"""What needs no log-in, besides the pages marked as public. All other routes on this address belong to the portal."""

from starlette.routing import Route

from pipelines.bootstrap import Packetboat
from webapp.public.health import Health
from webapp.public.hooks import Hooks
from webapp.public.unsubscribe import Unsubscribe

ENGINE = "packetboat hooks"  # none of the database connections that pages use


def provider_hooks(boat: Packetboat) -> Hooks:
    """The providers' hooks, below `/hooks/`."""
    return Hooks(boat, boat.engine("app", ENGINE))


def public_routes(boat: Packetboat) -> list[Route]:
    """The unsubscribe page and the health check."""
    engine = boat.engine("app", ENGINE)
    return [
        Route("/unsubscribe/{token}", Unsubscribe(boat, engine).receive, methods=["GET", "POST"]),
        Route("/healthz", Health(engine).healthz),
    ]
