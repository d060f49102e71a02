"""Guessing a password gets slower with each failure in a row, for each name that is typed, from wherever. Whether anybody has that name
makes no difference. Nobody is locked out for good, and nobody who is logged in is thrown out.
"""

from enum import StrEnum

from flask import current_app
from sqlalchemy import Engine

from pipelines.domain.words import counted
from pipelines.store.sqlfile import sql


class Purpose(StrEnum):
    """What a password is asked for. Each counts by itself: who guesses at the door does not hold up who is inside."""

    LOG_IN = "log in"
    CONFIRM = "confirm"


def begin_try(purpose: Purpose, name: str) -> int:
    """Count a try for this name. Returns 0 when its password may be looked at, else how many seconds to wait first."""
    asked = _asked(purpose, name)
    with _engine().begin() as connection:
        if connection.execute(sql("log_ins/try_begin"), asked).one_or_none() is not None:
            return 0
        return max(1, connection.execute(sql("log_ins/try_wait"), asked).scalar() or 1)


def succeeded(purpose: Purpose, name: str) -> None:
    """The password was right: forget what failed for this name, and what failed for others a day ago."""
    with _engine().begin() as connection:
        connection.execute(sql("log_ins/try_succeeded"), _asked(purpose, name))
        connection.execute(sql("log_ins/forget_delays"))


def wait_in_words(seconds: int) -> str:
    """Wait 40 seconds; wait 3 minutes."""
    return f"Wait {counted(seconds, 'second') if seconds < 90 else counted(-(-seconds // 60), 'minute')}, then try again."


def _asked(purpose: Purpose, name: str) -> dict[str, str]:
    return {"purpose": purpose.value, "name": name.replace("\0", "")}


def _engine() -> Engine:
    engine: Engine = current_app.extensions["packetboat"].engine("app")
    return engine
