"""Guessing a password gets slower with each failure in a row, for each name that is typed, from wherever. Whether anybody has that name
makes no difference. Nobody who is logged in is thrown out; and a browser in which somebody of that name has logged in before counts by
itself, so that whoever guesses elsewhere cannot keep its owner out (OWASP calls it a device cookie).
"""

import secrets

from flask import Response, current_app, request
from itsdangerous import BadSignature, TimestampSigner
from sqlalchemy import Engine

from pipelines.actions import log_ins
from pipelines.domain.words import counted

# What a password is asked for. Each counts by itself: who guesses at the door does not hold up who is inside.
LOG_IN, CONFIRM = "log in", "confirm"
KNOWN_FOR = 180 * 24 * 3600  # seconds


def log_in_here(name: str) -> str:
    """The purpose of a log-in from this browser: its own if somebody of that name has logged in here before."""
    try:
        word = _signer(name).unsign(request.cookies.get(_cookie(), ""), max_age=KNOWN_FOR).decode()
    except BadSignature:
        return LOG_IN
    return f"{LOG_IN} {word}"


def know_browser(response: Response, name: str) -> None:
    """Somebody of this name has logged in here: the browser gets a word that says so of this name alone, and opens nothing."""
    config = current_app.config
    response.set_cookie(
        _cookie(),
        _signer(name).sign(secrets.token_urlsafe(16)).decode(),
        max_age=KNOWN_FOR,
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite=config["SESSION_COOKIE_SAMESITE"],
    )


def begin_try(purpose: str, name: str) -> int:
    """Count a try for this name. Returns 0 when its password may be looked at, else how many seconds to wait first."""
    return log_ins.begin_try(_engine(), purpose, _typed(name))


def succeeded(purpose: str, name: str) -> None:
    """The password was right: forget what failed for this name, and what failed for others a day ago."""
    log_ins.succeeded(_engine(), purpose, _typed(name))


def wait_in_words(seconds: int) -> str:
    """Why somebody waits, and for how long: wait 40 seconds; wait 3 minutes."""
    return f"That was wrong too often. Wait {counted(seconds, 'second') if seconds < 90 else counted(-(-seconds // 60), 'minute')}, then try again."


def _typed(name: str) -> str:
    """The name without what PostgreSQL cannot hold."""
    return name.replace("\0", "")


def _signer(name: str) -> TimestampSigner:
    return TimestampSigner(current_app.secret_key or "", salt=f"known browser of {name.lower()}")


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-browser"


def _engine() -> Engine:
    engine: Engine = current_app.extensions["packetboat"].engine("app")
    return engine
