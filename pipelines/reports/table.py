"""A report as a table: the result of one statement in `sql/reports`, with its column names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

MAX_ROWS = 1000


@dataclass(frozen=True)
class Table:
    """`rows` are in the order of the statement; `cut` is true when there are more than these."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool

    @classmethod
    def read(
        cls,
        uow: UnitOfWork,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Self:
        """The first `max_rows` rows of `sql/reports/<statement>.sql`, read in the viewer's transaction."""
        result = uow.execute(sql(f"reports/{statement}"), parameters)
        rows = [tuple(row) for row in result.fetchmany(max_rows + 1)]
        return cls(list(result.keys()), rows[:max_rows], len(rows) > max_rows)
