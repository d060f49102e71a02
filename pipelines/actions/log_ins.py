"""The portal's log-ins, as rows: those that last (`login_session`), and the waits between tries that failed (`login_delay`).

None of this belongs to a client, so the statements run without a unit of work.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, RowMapping
from sqlalchemy.orm import Session

from pipelines.store.sqlfile import sql


def begin(
    engine: Engine, *, digest: bytes, user_id: int, proved: str, browser: str, idle: int, whole: int
) -> bool:
    """Begin a log-in under `digest`; False when `proved` is no longer the hash of the person's password, or they were deactivated.

    It ends after `idle` seconds without a deed, and after `whole` seconds.
    """
    # By itself: what follows may wait for a new password, which deletes the same rows.
    _execute(engine, "forget_ended")
    row = {"digest": digest, "user_id": user_id, "proved": proved, "browser": browser, "idle": idle, "whole": whole}  # fmt: skip
    with engine.begin() as connection:
        return connection.execute(sql("log_ins/session_begin"), row).one_or_none() is not None


def is_stale(session: Session, digest: bytes, user_id: int) -> bool | None:
    """Whether the last deed of a living log-in is to be written down anew; None when it does not live."""
    asked = {"digest": digest, "user_id": user_id}
    row = session.execute(sql("log_ins/session_lives"), asked).one_or_none()
    return None if row is None else bool(row.stale)


def seen(engine: Engine, digest: bytes) -> None:
    """Write down that the person did something just now."""
    _execute(engine, "session_seen", digest=digest)


def end(engine: Engine, digest: bytes) -> None:
    """End one log-in."""
    _execute(engine, "session_end", digest=digest)


def end_all(engine: Engine, user_id: int) -> None:
    """End every log-in of a person."""
    _execute(engine, "sessions_end", user_id=user_id)


def of_person(engine: Engine, user_id: int, digest: bytes) -> Sequence[RowMapping]:
    """Where a person is logged in: `browser`, `started_at`, `seen_at`, and `current` for the log-in under `digest`, which comes first."""
    with engine.connect() as connection:
        asked = {"digest": digest, "user_id": user_id}
        return connection.execute(sql("log_ins/sessions_of_person"), asked).mappings().all()


def begin_try(engine: Engine, purpose: str, name: str) -> int:
    """Count a try for `name`. Returns 0 when its password may be looked at, else how many seconds to wait first."""
    asked = {"purpose": purpose, "name": name}
    with engine.begin() as connection:
        if connection.execute(sql("log_ins/try_begin"), asked).one_or_none() is not None:
            return 0
        return max(1, connection.execute(sql("log_ins/try_wait"), asked).scalar() or 1)


def succeeded(engine: Engine, purpose: str, name: str) -> None:
    """The password was right: forget what failed for this name, and what failed for others a day ago."""
    with engine.begin() as connection:
        connection.execute(sql("log_ins/try_succeeded"), {"purpose": purpose, "name": name})
        connection.execute(sql("log_ins/forget_delays"))


def promise_notice(session: Session, user_id: int, address: str) -> None:
    """Promise a mail about a new password, in the transaction of `session`, which sets it."""
    session.execute(sql("actions/promise_notice"), {"user_id": user_id, "address": address})


def _execute(engine: Engine, statement: str, **parameters: Any) -> None:
    with engine.begin() as connection:
        connection.execute(sql(f"log_ins/{statement}"), parameters)
