"""The rows of a packet that cannot be used, page by page, each with its reason."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.scope import seen_by
from pipelines.errors import PacketboatError
from pipelines.store.sqlfile import sql


class CursorInvalid(PacketboatError):
    code = "cursor_invalid"


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One reason for holding one row: `line_no` is the physical line in the file, `value` the cell as it was."""

    id: int
    row_no: int
    line_no: int
    step: str
    column_name: str | None
    rule: str
    sentence: str
    value: str | None


@dataclass(frozen=True, slots=True)
class HeldPage:
    """`next` is where the next page begins; None on the last one."""

    lines: tuple[HeldLine, ...]
    next: str | None


def held_rows(
    engine: Engine,
    client_id: UUID | None,
    packet_id: UUID,
    *,
    after: str | None = None,
    most: int = 50,
    rule: str | None = None,
) -> HeldPage:
    """The held rows after the page that gave `after`, in the order of the file; with `rule`, only those of that rule.

    A packet that does not exist, or is another client's, has none. Raises CursorInvalid for an `after` that is not ours.
    """
    row_no, line_id = _place(after)
    with seen_by(engine, client_id) as uow:
        rows = uow.all(
            sql("actions/held_rows"),
            {
                "packet_id": packet_id,
                "rule": rule,
                "after_row": row_no,
                "after_id": line_id,
                "most": most + 1,
            },
        )
    lines = tuple(HeldLine(**row._mapping) for row in rows[:most])  # noqa: SLF001 - SQLAlchemy's public name
    more = len(rows) > most
    return HeldPage(lines, f"{lines[-1].row_no}-{lines[-1].id}" if more else None)


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return 0, 0
    row_no, _, line_id = after.partition("-")
    if not (row_no.isdecimal() and line_id.isdecimal()):
        raise CursorInvalid("This page mark is not one of ours. Begin at the first page.")
    return int(row_no), int(line_id)
