"""How long a log-in lasts (S17): a row that ends by itself after a while without a deed and after a working day, and with the log-out,
a new password, other roles. The cookie holds a random word, the row only its digest; without the row the cookie opens nothing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from flask import current_app, g, request, session
from flask_login import login_user, logout_user
from sqlalchemy import Engine, RowMapping

from pipelines.actions import log_ins
from pipelines.language import LANGUAGES
from webapp.fab.locale import CHOICE
from webapp.fab.log_ins.browsers import browser_in_words

HOUR = 3600
IDLE_STAFF = HOUR // 2  # seconds; who sees every client's people leaves no open screen behind
IDLE_CLIENT = 8 * HOUR
WHOLE = 20 * HOUR
WORD = "login"  # its name in the cookie


def begin(user: Any, proved: str, *, staff: bool) -> bool:
    """Log `user` in afresh: nothing but the language of what was in this browser's session is kept, its word least of all.

    `proved` is the hash that the password was compared with. False when that is no longer the person's, or they were deactivated.
    """
    word = secrets.token_urlsafe(32)
    _clear()
    begun = log_ins.begin(
        _engine(),
        digest=_digest(word),
        user_id=user.id,
        proved=proved,
        browser=browser_in_words(request.user_agent.string),
        idle=IDLE_STAFF if staff else IDLE_CLIENT,
        whole=WHOLE,
    )
    if begun:
        session.permanent = True
        session[WORD] = word
        login_user(user)
    return begun


def lives(user_id: int) -> bool:
    """Whether this request's session is a log-in of this person that still holds. Asked once per request, by the look-up of the person."""
    if WORD not in session:
        return False
    stale = log_ins.is_stale(current_app.appbuilder.session, _current(), user_id)
    g.session_stale = bool(stale)
    return stale is not None


def seen() -> None:
    """Write down that the person did something, at most once a minute."""
    if g.get("session_stale") and not _by_itself():
        log_ins.seen(_engine(), _current())


def end() -> None:
    """End the log-in of this browser, for whoever holds its cookie."""
    log_ins.end(_engine(), _current())
    _leave()


def end_all(user_id: int) -> None:
    """End every log-in of a person, this one too."""
    log_ins.end_all(_engine(), user_id)
    _leave()


def forget_ended() -> None:
    """Let this browser forget a log-in that has ended; who had none keeps what else is in its session."""
    if WORD in session:
        _leave()


def of_person(user_id: int) -> Sequence[RowMapping]:
    """Where a person is logged in: `browser`, `started_at`, `seen_at`, and `current` for this browser."""
    return log_ins.of_person(_engine(), user_id, _current())


def _leave() -> None:
    logout_user()
    _clear()


def _clear() -> None:
    """Forget what this browser's session holds, but for the language that its pages are in."""
    language = session.get(CHOICE)
    session.clear()
    if language in LANGUAGES:
        session[CHOICE] = language


def _by_itself() -> bool:
    """A page that asks for its own news is nobody's deed."""
    return "HX-Request" in request.headers or request.headers.get("Accept") == "text/event-stream"


def _current() -> bytes:
    return _digest(str(session.get(WORD, "")))


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def _engine() -> Engine:
    engine: Engine = current_app.extensions["packetboat"].engine("app")
    return engine
