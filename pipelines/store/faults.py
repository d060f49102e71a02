"""Tells a fault of what is stored, which comes back with every try, from a database that is away, overloaded or wrongly set up."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pipelines.errors import PacketboatError, SettingsError

OF_DATA = ("22", "23", "P0")  # classes of SQLSTATE: values, constraints, and what our triggers raise

log = structlog.get_logger()

Thing = TypeVar("Thing")


def is_of_data(error: Exception) -> bool:
    """Whether this transaction fails because of the rows that it handles, so that others can go on without them.

    What says of itself that it passes (TryLater), or comes from the machine, does not.
    """
    if isinstance(error, DBAPIError):
        return _sqlstate(error)[:2] in OF_DATA
    if isinstance(error, PacketboatError):
        return error.permanent and not isinstance(error, SettingsError)
    return not isinstance(error, (SQLAlchemyError, OSError, MemoryError))


def code_of(error: Exception) -> str:
    """What failed, without any value: the SQLSTATE and the constraint, or the kind of error."""
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return " ".join(filter(None, [_sqlstate(error), constraint]))


def do_each(things: Iterable[Thing], do: Callable[[Thing], None]) -> None:
    """Do it for each, also when it fails for the data of one; then raise the first failure. Another failure is raised at once."""
    failures = []
    for thing in things:
        try:
            do(thing)
        except Exception as error:
            if not is_of_data(error):
                raise
            log.error("work_of_one_failed", error=code_of(error))  # noqa: TRY400 - the trace may hold values
            failures.append(error)
    if failures:
        raise failures[0]


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
