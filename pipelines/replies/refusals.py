"""Counts the calls that a provider's hook refused, by day and reason, without a write per call: a flood must not slow down real calls."""

import threading
import time
from collections import Counter

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PAUSE = 1.0  # seconds between two writes of a process


class Refusals:
    """The refused calls of one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._written_at = float("-inf")

    def count(self, provider: str, reason: str) -> None:
        """Count one; write what has come together if the last write was more than a second ago."""
        with self._lock:
            self._counts[provider, reason] += 1
            if time.monotonic() - self._written_at < PAUSE:
                return
            self._written_at = time.monotonic()
            counts, self._counts = self._counts, Counter()
        columns = [(*key, refused) for key, refused in counts.items()]
        providers, reasons, refused = (list(column) for column in zip(*columns, strict=True))
        try:
            with UnitOfWork(self._engine, every_client=True) as uow:
                uow.execute(
                    sql("replies/count_refusals"),
                    {"providers": providers, "reasons": reasons, "refused": refused},
                )
                uow.commit()
        except SQLAlchemyError:
            with self._lock:
                self._counts += counts  # for the next write
            raise
