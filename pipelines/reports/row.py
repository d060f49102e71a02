"""One row of a packet with its history: its cells, what cleaning changed, its messages, their tries and reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import RowMapping

from pipelines.domain.fields import BY_NAME, COLUMNS
from pipelines.domain.mapping import LoadMap
from pipelines.errors import NotFound
from pipelines.reports.held import HeldLine
from pipelines.reports.packet import Packet
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

_MOMENTS = ", ".join(f"'{field.name}', {field.as_text}" for field in COLUMNS if field.needs_local_time)


@dataclass(frozen=True)
class Cell:
    """A cell with the name of its column. `field` is the title of the field that the column was mapped to, or None.

    `after` is the cleaned value, None if cleaning did not change it, and empty if cleaning removed it. `rule` is the code of
    the rule that did so.
    """

    column: str
    before: str
    field: str | None = None
    after: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Try:
    """One attempt to send a message. `messages` is how many the call carried, `recorded_at` is None while there is no answer."""

    attempt_no: int
    provider: str
    state: str
    messages: int
    provider_ref: str | None
    http_status: int | None
    error_code: str | None
    claimed_at: datetime
    recorded_at: datetime | None


@dataclass(frozen=True)
class Report:
    """A later report from the provider. `outcome` is `outranked` when a higher state was already known."""

    state: str | None
    occurred_at: datetime | None
    received_at: datetime
    error_code: str | None
    outcome: str | None


@dataclass(frozen=True)
class Message:
    """A message exactly as it is sent. `rule` is the campaign's rule that chose the channel, `parts` its content besides subject and body.

    `sender` is the one used last; before the first try, the one that would be used, or None if there is none.
    """

    id: UUID
    step_no: int
    channel: str
    state: str
    address: str
    language: str
    rule: str
    subject: str | None
    body: str
    parts: dict[str, str] | None
    encoding: str | None
    sender: str | None
    not_before: datetime | None
    expires_at: datetime
    error_code: str | None
    state_at: datetime
    template_version: int | None
    tries: list[Try]
    reports: list[Report]


@dataclass(frozen=True)
class RowStory:
    """`cells` are in the order of the file; cells beyond its header have an empty column name."""

    row_no: int
    line_no: int
    cells: list[Cell]
    held: list[HeldLine]
    messages: list[Message]

    @classmethod
    def read(cls, uow: UnitOfWork, packet: Packet, row_no: int) -> Self:
        """Raises NotFound for a row that the packet does not have."""
        parameters = {"packet_id": packet.id, "row_no": row_no}
        row = uow.execute(sql_with("reports/row/row", {"moments": _MOMENTS}), parameters).one_or_none()
        if row is None:
            raise NotFound("no_such_row", row=row_no)
        held = [HeldLine.of(one) for one in uow.execute(sql("reports/row/held"), parameters).mappings()]
        cells = _cells(packet.header or [], row.cells, row.mapping, row.clean)
        return cls(row.row_no, row.line_no, cells, held, _messages(uow, parameters))


@dataclass(frozen=True)
class SameAddress:
    """How many other messages of the packet go to the address of a message; `row_no` is the first of their rows."""

    messages: int
    row_no: int


def same_address(uow: UnitOfWork, packet_id: UUID, row_no: int) -> dict[UUID, SameAddress]:
    """The messages of a row to whose address others go, by id. It reads every message of the packet."""
    parameters = {"packet_id": packet_id, "row_no": row_no}
    rows = uow.execute(sql("reports/row/same_address"), parameters)
    return {row.message_id: SameAddress(row.messages, row.row_no) for row in rows}


def _messages(uow: UnitOfWork, parameters: Mapping[str, Any]) -> list[Message]:
    rows = uow.execute(sql("reports/row/messages"), parameters).mappings().all()
    ids = {"message_ids": [row["id"] for row in rows]}
    tries = uow.execute(sql("reports/row/tries"), ids).mappings().all()
    reports = uow.execute(sql("reports/row/reports"), ids).mappings().all()
    return [
        Message(
            **row,
            tries=[Try(**_without_id(one)) for one in tries if one["message_id"] == row["id"]],
            reports=[Report(**_without_id(one)) for one in reports if one["message_id"] == row["id"]],
        )
        for row in rows
    ]


def _without_id(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "message_id"}


def _cells(
    header: Sequence[str],
    cells: Sequence[str],
    mapping: Mapping[str, Any],
    clean: Mapping[str, Any] | None,
) -> list[Cell]:
    places = LoadMap.from_json(mapping).positions(header) if mapping else {}
    fields = {place: name for name, place in places.items()}
    changes = dict(change.split(":", 1) for change in (clean or {}).get("changes") or ())
    named = [*header, *[""] * (len(cells) - len(header))]
    return [
        _cell(column, before, fields.get(place), changes, clean)
        for place, (column, before) in enumerate(zip(named, cells, strict=False), 1)
    ]


def _cell(
    column: str, before: str, field: str | None, changes: Mapping[str, str], clean: Mapping[str, Any] | None
) -> Cell:
    if field is None:
        return Cell(column, before)
    source = BY_NAME[field]
    # Date and time, from one column or two, are cleaned into one moment, which is shown once: beside the date.
    if clean is None or not before.strip() or field == "contact_time":
        return Cell(column, before, source.title)
    target = BY_NAME[source.part_of] if source.part_of else source
    after = "" if clean[target.text] is None else str(clean[target.text])
    return Cell(column, before, source.title, None if after == before else after, changes.get(target.name))
