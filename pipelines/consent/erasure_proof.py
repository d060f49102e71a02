"""Proves that what was erased is gone, from every table that the catalogue knows and from the file store (B18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, Row
from sqlalchemy.dialects.postgresql import dialect

from pipelines.domain.fields import ADDRESSES
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

# Columns of tables with a packet that say nothing about a person, and so keep their values. A text column that is missing here must be
# empty in an erased packet: whoever adds a column decides.
KEPT: Mapping[str, frozenset[str]] = {
    "call_check": frozenset({"reason", "decision", "decided_by"}),
    "channel_wait": frozenset({"channel", "code"}),
    "held_row": frozenset({"step", "column_name", "code", "params"}),
    "journal": frozenset({"currency", "kind", "note", "unique_key"}),
    "late_proof": frozenset({"channel", "noted_by"}),
    "message": frozenset({"channel", "state", "language", "rule", "encoding", "error_code", "country"}),
    "message_event": frozenset({"state", "error_code", "outcome"}),
    "message_series": frozenset({"channel"}),
    "packet_alarm": frozenset({"code"}),
    "packet_charge": frozenset({"currency", "reasons", "state"}),
    "packet_erasure": frozenset({"kind"}),
    "packet_forecast": frozenset({"due"}),
    "packet_step": frozenset(
        {
            "step",
            "lane",
            "state",
            "run_id",
            "error_code",
            "error_params",
            "note",
            "note_code",
            "note_params",
            "error",
        }
    ),
    "pause": frozenset({"scope", "code", "params", "begun_by", "ended_by"}),
    "provider_call": frozenset({"provider", "channel", "state", "provider_ref", "error_code"}),
    "reply": frozenset(
        {
            "provider",
            "unique_key",
            "channel",
            "to_addresses",
            "kind",
            "meant",
            "outcome",
            "forwarding",
            "problem",
            "fee_currency",
            "handled_by",
        }
    ),
    "report_poll": frozenset({"channel"}),
    "sending_share": frozenset({"key"}),
    "send_window": frozenset({"place", "zones"}),
}

# The addresses of another usable row of the packet: they may stay there, such as those of a family.
OTHERS = {"others": ", ".join(f"comparable_address(other.{field.name})" for field in ADDRESSES)}

_quote = dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Leftover:
    """Something that should be gone: how many values, and where (`table.column`, or `files`)."""

    place: str
    count: int


def leftovers(engine: Engine, files: Files, packet_id: UUID | None = None) -> list[Leftover]:
    """What is left of erased packets and persons, of one packet or of all; empty if everything is gone.

    Reads every table once, so it takes a while on a large database.
    """
    chosen = {"packet_ids": None if packet_id is None else [packet_id]}
    with UnitOfWork(engine, every_client=True) as uow:
        columns = [row for row in uow.all(sql("erase/columns")) if row.has_text]
        found = [
            Leftover(f"{row.table_name}.{row.column_name}", count)
            for row in columns
            if (count := _left(uow, row, chosen))
        ]
        shas = [row.sha256 for row in uow.all(sql("erase/files"), chosen)]
    stored = sum(files.has(sha256) for sha256 in shas)
    return found + ([Leftover("files", stored)] if stored else [])


def must_be_empty(table: str, column: str) -> bool:
    """Whether a text column of a table with a packet has to be empty in an erased packet."""
    return column not in KEPT.get(table, frozenset())


def _left(uow: UnitOfWork, column: Row[tuple[object, ...]], chosen: Mapping[str, object]) -> int:
    names = {"table": _quote(column.table_name), "column": _quote(column.column_name)}
    values: int = 0
    if column.has_packet and must_be_empty(column.table_name, column.column_name):
        values = uow.scalar(sql_with("erase/not_empty", names), chosen)
    whose = {
        "packet": "packet_id" if column.has_packet else "cast(null as uuid)",
        "client": "client_id" if column.has_client else "cast(null as uuid)",
    }
    addresses: int = uow.scalar(sql_with("erase/addresses_left", names | whose | OTHERS), chosen)
    return values + addresses
