"""Storage for Flask-Limiter: rows shared by all processes of the portal. `limits` finds this class by its scheme."""

import time
from typing import ClassVar

from limits.storage import Storage
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipelines.actions.accounts import rate_limits
from pipelines.reports.database import answers

SCHEME = "packetboat"
URI = f"{SCHEME}://"


class PostgresStorage(Storage):
    """Fixed windows, each starting with its first hit. `engine` comes from RATELIMIT_STORAGE_OPTIONS."""

    STORAGE_SCHEME: ClassVar = [SCHEME]  # type: ignore[misc] # the library reads it from the class, too

    def __init__(self, uri: str | None = None, *, engine: Engine, wrap_exceptions: bool = False) -> None:
        super().__init__(uri, wrap_exceptions)
        self._engine = engine

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return rate_limits.hit(self._engine, key, expiry, amount)

    def get(self, key: str) -> int:
        window = rate_limits.window(self._engine, key)
        return window.hits if window else 0

    def get_expiry(self, key: str) -> float:
        window = rate_limits.window(self._engine, key)
        return window.ends_at if window else time.time()

    def check(self) -> bool:
        return answers(self._engine)

    def reset(self) -> int:
        return rate_limits.reset(self._engine)

    def clear(self, key: str) -> None:
        rate_limits.clear(self._engine, key)
