"""The portal's log-ins, as rows: the current ones (`login_session`), and the delays after failed tries (`login_delay`).

They belong to no client, so the statements run without a unit of work.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, RowMapping
from sqlalchemy.orm import Session

from pipelines.store.sqlfile import sql


def begin(
    engine: Engine, *, digest: bytes, user_id: int, proved: str, browser: str, idle: int, whole: int
) -> bool:
    """Start a log-in with `digest`. False when `proved` is no longer the hash of the person's password, or they were deactivated.

    It ends after `idle` seconds without activity, and in any case after `whole` seconds.
    """
    # In a transaction of its own: the next one may wait for a password change, which deletes the same rows.
    _execute(engine, "forget_ended")
    row = {"digest": digest, "user_id": user_id, "proved": proved, "browser": browser, "idle": idle, "whole": whole}  # fmt: skip
    with engine.begin() as connection:
        return connection.execute(sql("log_ins/session_begin"), row).one_or_none() is not None


def is_stale(session: Session, digest: bytes, user_id: int) -> bool | None:
    """Whether the last activity of a valid log-in should be recorded again; None when the log-in is not valid."""
    parameters = {"digest": digest, "user_id": user_id}
    row = session.execute(sql("log_ins/session_lives"), parameters).one_or_none()
    return None if row is None else bool(row.stale)


def seen(engine: Engine, digest: bytes) -> None:
    """Record that the person is active."""
    _execute(engine, "session_seen", digest=digest)


def end(engine: Engine, digest: bytes) -> None:
    """End one log-in."""
    _execute(engine, "session_end", digest=digest)


def end_all(engine: Engine, user_id: int) -> None:
    """End every log-in of a person."""
    _execute(engine, "sessions_end", user_id=user_id)


def of_person(engine: Engine, user_id: int, digest: bytes) -> Sequence[RowMapping]:
    """Where a person is logged in: `browser`, `started_at`, `seen_at`, and `current` for the log-in with `digest`, which comes first."""
    with engine.connect() as connection:
        parameters = {"digest": digest, "user_id": user_id}
        return connection.execute(sql("log_ins/sessions_of_person"), parameters).mappings().all()


def begin_try(engine: Engine, purpose: str, name: str) -> int:
    """Count a try for `name`. Returns 0 when the password may be checked now, else how many seconds to wait first."""
    parameters = {"purpose": purpose, "name": name}
    with engine.begin() as connection:
        if connection.execute(sql("log_ins/try_begin"), parameters).one_or_none() is not None:
            return 0
        return max(1, connection.execute(sql("log_ins/try_wait"), parameters).scalar() or 1)


def succeeded(engine: Engine, purpose: str, name: str) -> None:
    """After the right password, forget the failures of this name, and those of others that are a day old."""
    with engine.begin() as connection:
        connection.execute(sql("log_ins/try_succeeded"), {"purpose": purpose, "name": name})
        connection.execute(sql("log_ins/forget_delays"))


def promise_notice(session: Session, user_id: int, address: str) -> None:
    """Promise an e-mail about a new password, in the transaction of `session`, which sets it."""
    session.execute(sql("actions/promise_notice"), {"user_id": user_id, "address": address})


def _execute(engine: Engine, statement: str, **parameters: Any) -> None:
    with engine.begin() as connection:
        connection.execute(sql(f"log_ins/{statement}"), parameters)
