"""The routes that need no log-in, besides the pages marked as public. All others on this address belong to the portal."""

from starlette.routing import Route

from pipelines.bootstrap import Packetboat
from webapp.public.health import Health
from webapp.public.hooks import Hooks
from webapp.public.unsubscribe import Unsubscribe


def public_routes(boat: Packetboat) -> list[Route]:
    """The providers' hooks, the unsubscribe page and the health check, with database connections of their own."""
    engine = boat.engine("app", "packetboat hooks")
    hooks = Hooks(boat, engine)
    return [
        Route("/hooks/{name}", hooks.receive, methods=["POST"]),
        Route("/hooks/{name}/replies", hooks.receive_reply, methods=["POST"]),
        Route("/unsubscribe/{token}", Unsubscribe(boat, engine).receive, methods=["GET", "POST"]),
        Route("/healthz", Health(engine).healthz),
    ]
