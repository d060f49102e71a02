"""What a person reads when something does not work: what happened and what to do, in the portal's own frame."""

from pathlib import PurePath
from traceback import walk_tb
from typing import Any

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from pipelines.errors import NoRoom, NotFound, PacketboatError
from pipelines.store.room import is_full
from webapp.fab.words import told

log = structlog.get_logger(__name__)

NO_ROOM = 507  # Insufficient Storage, RFC 4918
SENTENCES = {
    403: ("This page is for other people", "Your role does not open it. If you need it, ask whoever made your log-in."),
    404: ("There is nothing here", "The address may be mistyped, or what it showed belongs to somebody else."),
    405: ("That cannot be done this way", "Go back and use the button on the page."),
    413: ("That file is too large", "Split it into smaller files and send them one after the other."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: ("Something broke on our side", "Nothing you sent was half-done. Try again; if it stays, tell support when it happened."),
}  # fmt: skip
EXPIRED = (
    "This page is too old",
    "You were logged out or logged in again in between. Reload the page and try again.",
)
OTHERWISE = ("That did not work", "Go back, reload the page and try again.")


class QuietFlask(Flask):
    """Flask, but for what it writes of an error: the text of one may quote a row, so only its kind and place are logged (S2)."""

    def log_exception(self, exc_info: Any) -> None:
        *_, (frame, line) = walk_tb(exc_info[2])
        place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
        log.error("page_failed", endpoint=request.endpoint, kind=exc_info[0].__name__, place=place)


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda error: _page(error.code, *EXPIRED))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: _page(404, *SENTENCES[404]))
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(
        PacketboatError, lambda error: _page(409, "That cannot be done now", told(error.sentence))
    )


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    return _page(code, *SENTENCES.get(code, OTHERWISE), headers=_kept_headers(error))


def _no_room(error: NoRoom) -> Response:
    return _page(NO_ROOM, "There is no room at the moment", told(error.sentence))


def _system_error(error: OSError) -> Response:
    """A disk that fills while a body comes in is told; whatever else the system says is a failure of ours."""
    if not is_full(error):
        raise error
    return _no_room(NoRoom())


def _kept_headers(error: HTTPException) -> dict[str, str]:
    """Allow and Retry-After say something; the content type is ours."""
    return {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}


def _page(code: int, title: str, sentence: str, headers: dict[str, str] | None = None) -> Response:
    page = make_response(render_template("error.html", code=code, title=title, sentence=sentence), code)
    page.headers.update(headers or {})
    return page
