"""How long a log-in lasts (S17). It is a row that expires after inactivity and after a working day, and ends with the log-out, a new
password, or other roles. The cookie contains a random token, the row only its digest; without the row, the cookie is worthless.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from flask import current_app, g, request, session
from flask_login import login_user, logout_user
from sqlalchemy import Engine, RowMapping

from pipelines.actions.accounts import log_ins
from pipelines.language import LANGUAGES
from webapp.fab.locale import CHOICE
from webapp.fab.log_ins.browsers import browser_in_words

HOUR = 3600
IDLE_STAFF = HOUR // 2  # seconds; short, because staff see the people of every client
IDLE_CLIENT = 8 * HOUR
MAX_LIFETIME = 20 * HOUR
SESSION_KEY = "login"  # its name in the cookie


def begin(user: Any, proved: str, *, staff: bool) -> bool:
    """Log `user` in with a new token; of this browser's earlier session only the language is kept.

    `proved` is the hash that the password matched. False if the person has a new one by now, or was deactivated.
    """
    token = secrets.token_urlsafe(32)
    _clear()
    started = log_ins.begin(
        _engine(),
        digest=_digest(token),
        user_id=user.id,
        proved=proved,
        browser=browser_in_words(request.user_agent.string),
        idle=IDLE_STAFF if staff else IDLE_CLIENT,
        whole=MAX_LIFETIME,
    )
    if started:
        session.permanent = True
        session[SESSION_KEY] = token
        login_user(user)
    return started


def is_valid(user_id: int) -> bool:
    """Whether this request's session is a valid log-in of this person. Called once per request, when the person is looked up."""
    if SESSION_KEY not in session:
        return False
    stale = log_ins.is_stale(current_app.extensions["appbuilder"].session, _current(), user_id)
    g.session_stale = bool(stale)
    return stale is not None


def record_activity() -> None:
    """Record that the person did something, at most once a minute."""
    if g.get("session_stale") and not _is_automatic():
        log_ins.seen(_engine(), _current())


def end() -> None:
    """End this browser's log-in, also for copies of its cookie."""
    log_ins.end(_engine(), _current())
    _leave()


def end_all(user_id: int) -> None:
    """End every log-in of a person, including this one."""
    log_ins.end_all(_engine(), user_id)
    _leave()


def forget_ended() -> None:
    """Remove an ended log-in from this browser; a session without one stays unchanged."""
    if SESSION_KEY in session:
        _leave()


def of_person(user_id: int) -> Sequence[RowMapping]:
    """Where a person is logged in: `browser`, `started_at`, `seen_at`, and `current` for this browser."""
    return log_ins.of_person(_engine(), user_id, _current())


def _leave() -> None:
    logout_user()
    _clear()


def _clear() -> None:
    """Clear this browser's session, except for the chosen language."""
    language = session.get(CHOICE)
    session.clear()
    if language in LANGUAGES:
        session[CHOICE] = language


def _is_automatic() -> bool:
    """Whether the page updates itself, which is no activity of the person."""
    return "HX-Request" in request.headers or request.headers.get("Accept") == "text/event-stream"


def _current() -> bytes:
    return _digest(str(session.get(SESSION_KEY, "")))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _engine() -> Engine:
    engine: Engine = current_app.extensions["packetboat"].engine("app")
    return engine
