"""How long a log-in lasts (S17): it ends after a while without a deed, after a working day, and when the password changes."""

import hashlib
import hmac
import time
from typing import Any

from flask import current_app, request, session
from flask_login import logout_user

HOUR = 3600
IDLE_STAFF = HOUR // 2  # seconds; who sees every client's people leaves no open screen behind
IDLE_CLIENT = 8 * HOUR
WHOLE = 20 * HOUR


def begin(user: Any) -> None:
    """Start a fresh session for `user`: nothing that was in the old one is kept."""
    session.clear()
    session.permanent = True
    session.update(since=time.time(), seen=time.time(), stamp=_stamp(user))


def still_good(user: Any, *, staff: bool) -> bool:
    """Whether the session of this request may go on; one that may not is ended here."""
    now, idle = time.time(), IDLE_STAFF if staff else IDLE_CLIENT
    good = (
        now - session.get("since", 0) < WHOLE
        and now - session.get("seen", 0) < idle
        and hmac.compare_digest(session.get("stamp", ""), _stamp(user))
    )
    if not good:
        logout_user()
        session.clear()
    elif not _by_itself():
        session["seen"] = now
    return good


def _by_itself() -> bool:
    """A page that asks for its own news is nobody's deed."""
    return "HX-Request" in request.headers or request.headers.get("Accept") == "text/event-stream"


def _stamp(user: Any) -> str:
    """A word that changes with the password and tells nothing of it."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, str(user.password).encode(), hashlib.sha256).hexdigest()[:32]
