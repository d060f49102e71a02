"""Repeats a transaction that lost a deadlock: nothing of it has happened."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pipelines.store.unit_of_work import UnitOfWork

TRIES = 3

Result = TypeVar("Result")


def untangled(
    engine: Engine,
    work: Callable[[UnitOfWork], Result],
    client_id: UUID | None = None,
    *,
    every_client: bool = False,
) -> Result:
    """Do this work in a transaction, again if it lost a deadlock. Whose rows it sees is said as to UnitOfWork."""
    for last_try in (False,) * (TRIES - 1) + (True,):
        try:
            with UnitOfWork(engine, client_id, every_client=every_client) as uow:
                return work(uow)
        except OperationalError as error:
            if last_try or getattr(error.orig, "sqlstate", None) != "40P01":
                raise
    raise AssertionError("unreachable")
