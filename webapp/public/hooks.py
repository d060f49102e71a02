"""Where providers report: the signature is checked on the raw body, the event is stored, and only then is the answer 'done' (S12)."""

import json
from typing import Any
from urllib.parse import parse_qs

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

from pipelines.domain.sending import HookRequest
from pipelines.events.inbox import store
from pipelines.providers import provider_named, providers
from pipelines.providers.base import Provider

log = structlog.get_logger(__name__)
blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

FORBIDDEN = 403
NEVER_AGAIN = 406  # Mailgun takes this as 'do not send it again'; others treat it as any refusal


@blueprint.post("/<name>")
def receive(name: str) -> Response:
    """204 once the event is on disk; 403 for a signature that is not the provider's; 406 for a body that nobody can read."""
    provider = _provider(name)
    called = _as_called()
    if not provider.verify(called):
        log.warning("hook_refused", provider=name, bytes=len(called.body))
        return Response(status=FORBIDDEN)
    try:
        events, raw = provider.read_events(called), _raw(called)
    except ValueError:
        log.warning("hook_unreadable", provider=name, bytes=len(called.body))
        return Response(status=NEVER_AGAIN)
    if store(current_app.extensions["packetboat"].engine("app"), events, raw):
        current_app.extensions["drain"].wake()
    return Response(status=204)


def _provider(name: str) -> Provider:
    """The provider, made once: it keeps its keys and its library ready."""
    known: dict[str, Provider] = current_app.extensions["hook_providers"]
    if name not in known:
        if name not in providers():
            raise NotFound
        boat = current_app.extensions["packetboat"]
        known[name] = provider_named(name, boat.settings, boat.secrets)
    return known[name]


def _as_called() -> HookRequest:
    """The callback with the address that the provider was given: from our settings, never from what the caller says (2.4)."""
    query = request.query_string.decode("latin-1")
    return HookRequest(
        url=current_app.config["PUBLIC_URL"] + request.path + (f"?{query}" if query else ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False),
    )


def _raw(called: HookRequest) -> dict[str, Any]:
    """The body as it is kept beside the event, nothing left out."""
    if called.headers.get("content-type", "").startswith("application/json"):
        read = json.loads(called.body)
        return read if isinstance(read, dict) else {"body": read}
    return dict(parse_qs(called.body.decode(errors="replace"), keep_blank_values=True))


def register(app: Flask) -> None:
    app.extensions["hook_providers"] = {}
    app.register_blueprint(blueprint)
