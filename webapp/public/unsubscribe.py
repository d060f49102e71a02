"""The unsubscribe page of a message, and the one-click POST of mail programs (RFC 8058).

Opening the page changes nothing, because scanners of mail open every link. The POST needs neither a log-in nor a cookie, and does not
redirect; the page's own button sends the same POST.
"""

import hashlib
from base64 import b64encode
from html import escape
from io import BytesIO

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipelines.actions.people.unsubscribe import client_of_link, unsubscribe
from pipelines.bootstrap import Packetboat
from pipelines.errors import NotFound
from pipelines.language import Sentence, language_for, say
from webapp.body import CallerLeft, TooLong, read_whole
from webapp.public.answers import HEADERS, answer

THREADS = 4
MAX_BYTES = 4 * 1024
ONE_CLICK = "List-Unsubscribe", "One-Click"  # the only pair of the body; also as multipart
NOT_FOUND, BAD_REQUEST, TOO_LONG, LATER = 404, 400, 413, 503
STYLE = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.25rem;color:#1b1f23}"
    "button{font:inherit;padding:.6rem 1.2rem}"
)
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_HEADERS = HEADERS | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Unsubscribe:
    """The page and the POST, with threads of their own: a page of the portal that waits cannot stop them."""

    def __init__(self, boat: Packetboat, engine: Engine) -> None:
        self._secrets, self._engine = boat.secrets, engine
        self._threads = CapacityLimiter(THREADS)

    async def receive(self, request: Request) -> Response:
        """GET shows the page with its button, POST unsubscribes."""
        token = request.path_params["token"]
        language = _language(request)
        if request.method == "POST":
            body = BytesIO()
            try:
                await read_whole(request.receive, MAX_BYTES, body)
            except TooLong:
                return answer(TOO_LONG)
            except CallerLeft:
                return answer(BAD_REQUEST)
            if not all(word.encode() in body.getvalue() for word in ONE_CLICK):
                return answer(BAD_REQUEST)
            return await to_thread.run_sync(self._unsubscribe, token, language, limiter=self._threads)
        return await to_thread.run_sync(self._page, token, language, limiter=self._threads)

    def _page(self, token: str, language: str) -> Response:
        try:
            client = client_of_link(self._engine, self._secrets, token)
        except NotFound as error:
            return page(error.sentence, language, NOT_FOUND)
        except SQLAlchemyError:
            return page(Sentence("unsubscribe_later"), language, LATER)
        return page(
            Sentence("unsubscribe_question", {"client": client}),
            language,
            button=Sentence("unsubscribe_button"),
        )

    def _unsubscribe(self, token: str, language: str) -> Response:
        try:
            unsubscribe(self._engine, self._secrets, token)
            client = client_of_link(self._engine, self._secrets, token)
        except NotFound as error:
            return page(error.sentence, language, NOT_FOUND)
        except SQLAlchemyError:
            return page(Sentence("unsubscribe_later"), language, LATER)
        return page(Sentence("unsubscribe_done", {"client": client}), language)


def page(sentence: Sentence, language: str, status: int = 200, *, button: Sentence | None = None) -> Response:
    """A page with one sentence and perhaps the button. It needs no script, no image and no second request."""
    name, value = ONE_CLICK
    form = (
        f'<form method="post"><input type="hidden" name="{name}" value="{value}">'
        f"<button>{escape(say(button, language))}</button></form>"
        if button
        else ""
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(say(Sentence("unsubscribe_title"), language))}'
        f"</title><style>{STYLE}</style></head><body><main><h1>{escape(say(Sentence('unsubscribe_title'), language))}</h1>"
        f"<p>{escape(say(sentence, language))}</p>{form}</main></body></html>",
        status,
        PAGE_HEADERS,
    )


def _language(request: Request) -> str:
    wanted = request.headers.get("accept-language", "").split(",")
    return language_for(*(one.split(";")[0].strip() for one in wanted if one.strip()))
