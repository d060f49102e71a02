"""How many requests there were in a window of time, as rows (`rate_limit`) that all processes share. They belong to no client."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Engine

from pipelines.store.sqlfile import sql


@dataclass(frozen=True)
class Window:
    """`hits` so far, until `ends_at` (seconds since 1970)."""

    hits: int
    ends_at: float


def hit(engine: Engine, key: str, seconds: int, hits: int = 1) -> int:
    """Count `hits` for `key` and return the total of its window, which lasts `seconds`. A new window deletes those that have ended."""
    with engine.begin() as connection:
        parameters = {"digest": _digest(key), "hits": hits, "seconds": seconds}
        count = int(connection.execute(sql("log_ins/rate_hit"), parameters).scalar_one())
    if count == hits:
        with engine.begin() as connection:
            connection.execute(sql("log_ins/forget_rates"))
    return count


def window(engine: Engine, key: str) -> Window | None:
    """The open window of `key`, if any."""
    with engine.connect() as connection:
        row = connection.execute(sql("log_ins/rate_window"), {"digest": _digest(key)}).one_or_none()
    return None if row is None else Window(row.hits, row.ends_at)


def clear(engine: Engine, key: str) -> None:
    """Delete the window of `key`."""
    with engine.begin() as connection:
        connection.execute(sql("log_ins/rate_clear"), {"digest": _digest(key)})


def reset(engine: Engine) -> int:
    """Delete all windows. Returns how many there were."""
    with engine.begin() as connection:
        return connection.execute(sql("log_ins/rate_reset")).rowcount


def _digest(key: str) -> bytes:
    """Keys contain network addresses, so only their digests are stored."""
    return hashlib.sha256(key.encode()).digest()
