"""Password guessing is slowed down with each failure in a row, per name typed, from any address, and whether or not the name exists.
Nobody who is logged in is thrown out. A browser in which that person has logged in before is counted separately, so that somebody who
guesses elsewhere cannot lock the owner out (OWASP calls this a device cookie).
"""

import secrets

from flask import current_app, request
from itsdangerous import BadSignature, TimestampSigner
from sqlalchemy import Engine
from werkzeug.wrappers import Response

from pipelines.actions.accounts import log_ins
from pipelines.domain.words import counted

# Why a password is requested. Each purpose is counted separately: guesses at the log-in do not delay people who are logged in.
LOG_IN, CONFIRM = "log in", "confirm"
KNOWN_FOR = 180 * 24 * 3600  # seconds


def log_in_here(name: str) -> str:
    """The purpose of a log-in from this browser: its own if a person of that name has logged in here before."""
    try:
        browser = _signer(name).unsign(request.cookies.get(_cookie(), ""), max_age=KNOWN_FOR).decode()
    except BadSignature:
        return LOG_IN
    return f"{LOG_IN} {browser}"


def know_browser(response: Response, name: str) -> None:
    """Remember that a person of this name has logged in here: the cookie is valid for this name only, and grants no access."""
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
    """Count an attempt for this name. Returns 0 if its password may be checked, else the seconds to wait first."""
    return log_ins.begin_try(_engine(), purpose, _typed(name))


def succeeded(purpose: str, name: str) -> None:
    """The password was right: forget the failures for this name, and those of others that are a day old."""
    log_ins.succeeded(_engine(), purpose, _typed(name))


def wait_in_words(seconds: int) -> str:
    """Why the person has to wait, and how long: 40 seconds, 3 minutes."""
    wait = counted(seconds, "second") if seconds < 90 else counted(-(-seconds // 60), "minute")
    return f"Too many wrong attempts. Wait {wait}, then try again."


def _typed(name: str) -> str:
    """The name without characters that PostgreSQL cannot store."""
    return name.replace("\0", "")


def _signer(name: str) -> TimestampSigner:
    return TimestampSigner(current_app.secret_key or "", salt=f"known browser of {name.lower()}")


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-browser"


def _engine() -> Engine:
    engine: Engine = current_app.extensions["packetboat"].engine("app")
    return engine
