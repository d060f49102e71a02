"""What the world may ask for without a log-in, besides the pages that are marked so. All else on this address is the portal's."""

from starlette.routing import Route

from pipelines.bootstrap import Packetboat
from webapp.public.health import Health
from webapp.public.hooks import Hooks


def public_routes(boat: Packetboat) -> list[Route]:
    """The providers' hooks and the question whether we work, on connections of their own to the database."""
    engine = boat.engine("app", "packetboat hooks")
    return [
        Route("/hooks/{name}", Hooks(boat, engine).receive, methods=["POST"]),
        Route("/healthz", Health(engine).healthz),
    ]
