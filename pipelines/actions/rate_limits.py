"""How often somebody has asked within a window of time, as rows (`rate_limit`) that all processes share. None of them belongs to a client."""

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
    """Count `hits` for `key` and return how many it has in its window, which lasts `seconds`. A new window sweeps out those that have ended."""
    with engine.begin() as connection:
        asked = {"digest": _digest(key), "hits": hits, "seconds": seconds}
        count = int(connection.execute(sql("log_ins/rate_hit"), asked).scalar_one())
    if count == hits:
        with engine.begin() as connection:
            connection.execute(sql("log_ins/forget_rates"))
    return count


def window(engine: Engine, key: str) -> Window | None:
    """The window that is open for `key`, if one is."""
    with engine.connect() as connection:
        row = connection.execute(sql("log_ins/rate_window"), {"digest": _digest(key)}).one_or_none()
    return None if row is None else Window(row.hits, row.ends_at)


def clear(engine: Engine, key: str) -> None:
    """Forget the window of `key`."""
    with engine.begin() as connection:
        connection.execute(sql("log_ins/rate_clear"), {"digest": _digest(key)})


def reset(engine: Engine) -> int:
    """Forget all windows; returns how many there were."""
    with engine.begin() as connection:
        return connection.execute(sql("log_ins/rate_reset")).rowcount


def _digest(key: str) -> bytes:
    """The keys name network addresses: those are kept as digests."""
    return hashlib.sha256(key.encode()).digest()
