"""One person's right to see and to erase what a client holds of them (GDPR, articles 15 and 17) (S25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, TextClause

from pipelines.actions.people.unread_rows import rows_with, unread_packets
from pipelines.consent.erasure import DuePacket, erase_rows
from pipelines.domain.fields import ADDRESSES
from pipelines.errors import TryLater
from pipelines.events.totals import keep_totals
from pipelines.reports.consents import consents
from pipelines.reports.suppressions import changes
from pipelines.states import PREPARE_STEPS, MessageState
from pipelines.store.deadlocks import untangled
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

IN_FLIGHT = frozenset({MessageState.SENDING, MessageState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Erased:
    """How much of a person was erased."""

    packets: int
    rows: int
    messages: int


def export_person(engine: Engine, client_id: UUID, address: str) -> dict[str, Any]:
    """Everything that a client holds of a person, as JSON values. `address` is E.164 or an e-mail address."""
    who = {"client_id": client_id, "address": address}
    with UnitOfWork(engine, client_id) as uow:
        return {
            "address": address,
            "packets": [_exported(uow, rows) for rows in _by_packet(uow, who)],
            "answers": [dict(row._mapping) for row in uow.all(sql("erase/answers_of_person"), who)],  # noqa: SLF001
            "consents": [one.__dict__ for one in consents(uow, client_id, address)],
            "suppressions": [one.__dict__ for one in changes(uow, client_id, address)],
        }


def erase_person(engine: Engine, files: Files, client_id: UUID, address: str) -> Erased:
    """Erase a person from everything that a client holds. What stands against contacting them stays, as a hash.

    Waiting messages to them are cancelled. The files that named them are deleted, unless a packet without this person has the same bytes: their
    packets are loaded. Raises TryLater while one of the packets is being prepared, or a message to the person is in flight or unknown; then
    nothing is erased yet.
    """
    who = {"client_id": client_id, "address": address}
    packets = untangled(engine, lambda uow: _cancel(uow, who), client_id)
    for sha256 in {rows[0].sha256 for rows in packets}:
        files.delete_unless_needed(engine, sha256, besides=[rows[0].packet_id for rows in packets])
    count = Erased(0, 0, 0)
    for rows in packets:
        count = _erase_in(engine, rows, address, count)
    with UnitOfWork(engine, client_id) as uow:
        for statement in ("erase_answers_of_person", "consents_of_person", "suppressions_of_person"):
            uow.execute(sql(f"erase/{statement}"), who)
        uow.commit()
    return count


def _by_packet(uow: UnitOfWork, who: dict[str, Any]) -> list[list[Row[Any]]]:
    """The rows with the person's address, by packet: as cleaned, in a message, or in a cell alone."""
    unread = [
        (packet.packet_id, row_no)
        for packet in unread_packets(uow, who["client_id"])
        for row_no in rows_with(uow, packet, who["address"])
    ]
    places = {
        "packet_ids": [packet_id for packet_id, _ in unread],
        "row_nos": [row_no for _, row_no in unread],
    }
    rows = uow.all(_rows_of_person(), who | places | {"prepare_steps": list(PREPARE_STEPS)})
    return [list(of_packet) for _, of_packet in groupby(rows, key=lambda row: row.packet_id)]


def _exported(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> dict[str, Any]:
    first = rows[0]
    places = {"packet_id": first.packet_id, "row_nos": [row.row_no for row in rows]}
    return {
        "file": first.file_name,
        "received_at": first.received_at,
        "columns": first.header,
        "rows": [{"cells": row.cells, "typed": row.typed} for row in rows],
        "messages": [dict(row._mapping) for row in uow.all(sql("erase/messages_of_person"), places)],  # noqa: SLF001
    }


def _cancel(uow: UnitOfWork, who: dict[str, Any]) -> list[list[Row[Any]]]:
    """Cancel the waiting messages to a person. Returns the person's rows, by packet."""
    packets = _by_packet(uow, who)
    if any(rows[0].in_preparation for rows in packets):
        raise TryLater("person_in_preparation")
    moved: list[Row[Any]] = []
    for rows in packets:
        places = {"packet_id": rows[0].packet_id, "row_nos": [row.row_no for row in rows]}
        waiting = uow.all(sql("erase/cancel_lock"), places)
        if any(message.state in IN_FLIGHT for message in waiting) or uow.scalar(
            sql("erase/in_flight"), places
        ):
            raise TryLater("person_in_flight")
        if waiting:
            moved += uow.all(sql("erase/cancel"), {"message_ids": [message.id for message in waiting]})
    keep_totals(uow, moved)
    uow.commit()
    return packets


def _erase_in(engine: Engine, rows: Sequence[Row[Any]], address: str, before: Erased) -> Erased:
    first, row_nos = rows[0], [row.row_no for row in rows]
    packet = DuePacket(first.packet_id, first.client_id, first.sha256, row_nos=row_nos, address=address)
    erased_rows, messages = erase_rows(engine, packet)
    packets = 1 if erased_rows or messages else 0  # another erasure may have been faster
    return Erased(before.packets + packets, before.rows + erased_rows, before.messages + messages)


@cache
def _rows_of_person() -> TextClause:
    return sql_with(
        "erase/rows_of_person",
        {"addresses": ", ".join(f"comparable_address({field.name})" for field in ADDRESSES)},
    )
