"""The held rows of a packet: a page of them with their reasons, or all of them as they were in the file."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from sqlalchemy import RowMapping

from pipelines.language import Sentence
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PAGE = 50
FETCH = 2000  # rows in memory at a time while a file is written


@dataclass(frozen=True)
class HeldLine:
    """One reason why one row is held. `line_no` is the line in the file, `value` the original cell."""

    id: int
    row_no: int
    line_no: int
    column_name: str | None
    sentence: Sentence
    value: str | None

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """From a row of the statement, which has the reason in the two columns code and params."""
        facts: dict[str, Any] = dict(row)
        return cls(sentence=Sentence.from_json(facts.pop("code"), facts.pop("params")), **facts)


@dataclass(frozen=True)
class HeldCode:
    """The code of a reason why rows are held, and how many rows it holds."""

    code: str
    rows: int

    @classmethod
    def of_packet(cls, uow: UnitOfWork, packet_id: UUID) -> list[Self]:
        """All reasons of this packet, the most frequent first."""
        rows = uow.execute(sql("reports/held/codes"), {"packet_id": packet_id}).mappings()
        return [cls(**row) for row in rows]


@dataclass(frozen=True)
class HeldPage:
    lines: list[HeldLine]
    next_after: tuple[int, int] | None

    @classmethod
    def read(
        cls, uow: UnitOfWork, packet_id: UUID, *, code: str | None = None, after: tuple[int, int] = (0, 0)
    ) -> Self:
        """The lines after `after` (row and id of the last one shown); `next_after` starts the next page."""
        parameters = {
            "packet_id": packet_id,
            "code": code,
            "after_row": after[0],
            "after_id": after[1],
            "page": PAGE + 1,
        }
        rows = uow.execute(sql("reports/held/rows"), parameters).mappings().all()
        lines = [HeldLine.of(row) for row in rows[:PAGE]]
        return cls(lines, (lines[-1].row_no, lines[-1].id) if len(rows) > PAGE else None)


def held_file(
    uow: UnitOfWork, packet_id: UUID, say: Callable[[Sentence], str]
) -> Iterator[tuple[Sequence[str], str]]:
    """The cells of each held row and its reasons as text, put into words by `say`; fetched in chunks."""

    @lru_cache  # a file may have the same reason in each of a million rows
    def words(reason: str) -> str:
        column, code, params = json.loads(reason)
        sentence = Sentence.from_json(code, params)
        return say(Sentence("held_in_column", {"column": column, "why": sentence}) if column else sentence)

    streamed = uow.connection.execution_options(stream_results=True, yield_per=FETCH)
    rows: Any = streamed.execute(sql("reports/held/file"), {"packet_id": packet_id})
    for row in rows:
        yield row.cells, " ".join(map(words, row.reasons))
