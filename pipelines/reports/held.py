"""The rows of a packet that are held back: a page of them with their reasons, or all of them as they stood in the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

PAGE = 50
FETCH = 2000  # rows in memory at a time while a file is made


@dataclass(frozen=True)
class HeldLine:
    """One reason of one row. `line_no` is the line in the file, `value` the cell as it was."""

    id: int
    row_no: int
    line_no: int
    column_name: str | None
    rule: str
    sentence: str
    value: str | None


@dataclass(frozen=True)
class HeldRule:
    """A rule that holds rows of a packet, and how many."""

    rule: str
    rows: int

    @classmethod
    def of_packet(cls, uow: UnitOfWork, packet_id: UUID) -> list[Self]:
        """All rules that hold rows of this packet, the most frequent first."""
        rows = uow.execute(sql("reports/held/rules"), {"packet_id": packet_id}).mappings()
        return [cls(**row) for row in rows]


@dataclass(frozen=True)
class HeldPage:
    lines: list[HeldLine]
    next_after: tuple[int, int] | None

    @classmethod
    def read(
        cls, uow: UnitOfWork, packet_id: UUID, *, rule: str | None = None, after: tuple[int, int] = (0, 0)
    ) -> Self:
        """The lines after `after` (row and id of the last one seen); `next_after` begins the next page."""
        asked = {
            "packet_id": packet_id,
            "rule": rule,
            "after_row": after[0],
            "after_id": after[1],
            "page": PAGE + 1,
        }
        rows = uow.execute(sql("reports/held/rows"), asked).mappings().all()
        lines = [HeldLine(**row) for row in rows[:PAGE]]
        return cls(lines, (lines[-1].row_no, lines[-1].id) if len(rows) > PAGE else None)


def held_file(uow: UnitOfWork, packet_id: UUID) -> Iterator[tuple[Sequence[str], str]]:
    """The cells of each held row and why it is held, fetched a piece at a time."""
    streamed = uow.connection.execution_options(stream_results=True, yield_per=FETCH)
    rows: Any = streamed.execute(sql("reports/held/file"), {"packet_id": packet_id})
    for row in rows:
        yield row.cells, row.reasons
