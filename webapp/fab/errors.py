"""Error pages: what happened and what to do about it, in the portal's own layout."""

import re
from pathlib import PurePath
from traceback import walk_tb
from typing import Any

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import CompileError, DataError
from werkzeug.exceptions import HTTPException

from pipelines.errors import NoRoom, NotFound, PacketboatError
from pipelines.store.room import is_full
from webapp.fab.words import translated

log = structlog.get_logger(__name__)

NO_ROOM = 507  # Insufficient Storage, RFC 4918
SENTENCES = {
    400: ("That address cannot be read", "It may be mistyped, or a value in it is far too large. Go back and use the links of the page."),
    403: ("You may not open this page", "Your role does not allow it. If you need it, ask the person who created your log-in."),
    404: ("There is nothing here", "The address may be mistyped, or the page may belong to another client."),
    405: ("That cannot be done this way", "Go back and use the button on the page."),
    413: ("That file is too large", "Split it into smaller files and send them one after the other."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: ("Something broke on our side", "Nothing was left half-done. Try again. If it keeps happening, tell support when it happened."),
}  # fmt: skip
EXPIRED = (
    "This page has expired",
    "You have been logged out, or have logged in again, since it was opened. Reload the page and try again.",
)
# What Python says: "Line.__init__() missing 2 required positional arguments: 'a' and 'b'", "… got an unexpected keyword argument 'c'".
UNFIT = re.compile(
    r"__init__\(\) (?:missing \d+ required .*? arguments?:|got an unexpected keyword argument) (.*)"
)
OTHER = ("That did not work", "Go back, reload the page and try again.")


class QuietFlask(Flask):
    """Flask without error texts in its log: a text may quote a row, so only the type and place of an error are logged (S2).

    When the columns of a statement do not fit the class of its rows, these columns are logged, too: they are names in our own code.
    """

    def log_exception(self, exc_info: Any) -> None:
        *_, (frame, line) = walk_tb(exc_info[2])
        place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
        columns = {"columns": names} if (names := _unfit_columns(exc_info[1])) else {}
        log.error("page_failed", endpoint=request.endpoint, kind=exc_info[0].__name__, place=place, **columns)


def _unfit_columns(error: BaseException) -> list[str]:
    """The fields that a constructor lacked or did not know."""
    match = UNFIT.search(str(error)) if isinstance(error, TypeError) else None
    return re.findall(r"'(\w+)'", match[1]) if match else []


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda error: _page(error.code, *EXPIRED))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: _page(404, *SENTENCES[404]))
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(DataError, _input_refused)
    app.register_error_handler(CompileError, _input_refused)
    app.register_error_handler(
        PacketboatError, lambda error: _page(409, "That cannot be done now", translated(error.sentence))
    )


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    return _page(code, *SENTENCES.get(code, OTHER), headers=_kept_headers(error))


def _no_room(error: NoRoom) -> Response:
    return _page(NO_ROOM, "There is no room at the moment", translated(error.sentence))


def _system_error(error: OSError) -> Response:
    """Report a disk that fills up while a body arrives; any other OSError is a bug."""
    if not is_full(error):
        raise error
    return _no_room(NoRoom())


def _input_refused(error: DataError | CompileError) -> Response:
    """Refuse a value from an address or a form that no column can hold, such as a NUL or a number of twenty digits (DataError), and a list
    in the order of a column that does not exist (CompileError).
    """
    log.warning("input_refused", endpoint=request.endpoint, kind=type(error).__name__)
    current_app.extensions[
        "appbuilder"
    ].session.rollback()  # the error page reads the menu in the same transaction
    return _page(400, *SENTENCES[400])


def _kept_headers(error: HTTPException) -> dict[str, str]:
    """Keep Allow and Retry-After; the content type is that of our page."""
    return {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}


def _page(code: int, title: str, sentence: str, headers: dict[str, str] | None = None) -> Response:
    page = make_response(render_template("error.html", code=code, title=title, sentence=sentence), code)
    page.headers.update(headers or {})
    return page
