"""Adds up a packet, keeps its totals correct when a message moves later, and settles it when its last message is done."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause

from pipelines.states import COUNT_OUTCOMES, OUTCOME_OF, MessageState, Outcome, row_outcome
from pipelines.store.sqlfile import sql, sql_with
from pipelines.store.unit_of_work import UnitOfWork

Moved = Row[Any]  # id, packet_id, row_no, state_before, state_after
Place = tuple[UUID, int]  # a packet and a row of it
LATE = "late"  # counted beside the outcomes: rows of which a message expired


def add_up(uow: UnitOfWork, client_id: UUID, packet_id: UUID) -> Row[Any]:
    """Count the rows of a packet by outcome and keep that as its totals. The packet is locked; see sql/steps/settle/totals."""
    return uow.one(_totals(), {"client_id": client_id, "packet_id": packet_id} | COUNT_OUTCOMES)


@cache
def _totals() -> TextClause:
    return sql_with(
        "steps/settle/totals",
        {
            "counts": ", ".join(f"count(*) filter (where outcome = '{name}') as {name}" for name in Outcome),
            "outcomes": ", ".join(Outcome),
            "replaced": ", ".join(f"{name} = excluded.{name}" for name in Outcome),
        },
    )


def keep_totals(uow: UnitOfWork, moved: Iterable[Moved]) -> None:
    """Add the effect of these moves to the totals, in the transaction that made them. A message may have moved twice."""
    moved = list(moved)
    changed = _changed(moved)
    packets = {row.packet_id for row in moved if _leaves_the_lane(row)} | {row.packet_id for row in changed}
    if not packets:
        return
    # Locked after the messages and before the totals, like in settle, which therefore either sees these moves or runs before them. The
    # moves that other transactions have counted are now committed, so two messages of a row cannot miss each other.
    uow.execute(sql("events/lock_packets"), {"packet_ids": sorted(packets)})
    _adjust(uow, changed)
    for packet_id in sorted(packets):
        close(uow, packet_id)


def close(uow: UnitOfWork, packet_id: UUID) -> None:
    """Settle a packet of which nothing is ready or under way; it then waits for credit no longer. The packet is locked."""
    packet = {"packet_id": packet_id}
    uow.execute(sql("steps/packet/close"), packet)
    uow.execute(sql("billing/end_wait"), packet)


def _changed(moved: Sequence[Moved]) -> list[Moved]:
    """The moves of messages whose outcome changed."""
    first: dict[UUID, MessageState] = {}
    last: dict[UUID, MessageState] = {}
    for row in moved:
        first.setdefault(row.id, row.state_before)
        last[row.id] = row.state_after
    changed = {message for message in first if OUTCOME_OF[first[message]] is not OUTCOME_OF[last[message]]}
    return [row for row in moved if row.id in changed]


def _adjust(uow: UnitOfWork, changed: Sequence[Moved]) -> None:
    if not changed:
        return
    totalled = uow.all(sql("events/totalled"), {"packet_ids": sorted({row.packet_id for row in changed})})
    with_totals = {row.packet_id for row in totalled}
    changed = [row for row in changed if row.packet_id in with_totals]
    rows = sorted({(row.packet_id, row.row_no) for row in changed})
    if not rows:
        return
    parameters = {
        "packet_ids": [packet_id for packet_id, _ in rows],
        "row_nos": [row_no for _, row_no in rows],
        "message_ids": list({row.id for row in changed}),
    }
    differences = outcome_differences(changed, uow.all(sql("events/siblings"), parameters))
    if differences:
        columns = [(packet_id, counted, by) for (packet_id, counted), by in sorted(differences.items())]
        packet_ids, outcomes, by = (list(column) for column in zip(*columns, strict=True))
        uow.execute(_adjust_total(), {"packet_ids": packet_ids, "outcomes": outcomes, "differences": by})


def outcome_differences(moved: Iterable[Moved], siblings: Iterable[Row[Any]]) -> dict[tuple[UUID, str], int]:
    """By how many rows each outcome of a packet, and LATE, grows or shrinks, without those that stay the same.

    `siblings` are the other messages of these rows (packet_id, row_no, state), which did not move.
    """
    before: dict[Place, dict[UUID, MessageState]] = defaultdict(dict)
    after: dict[Place, dict[UUID, MessageState]] = defaultdict(dict)
    for row in moved:
        place = (row.packet_id, row.row_no)
        before[place].setdefault(row.id, MessageState(row.state_before))
        after[place][row.id] = MessageState(row.state_after)
    others: dict[Place, list[MessageState]] = defaultdict(list)
    for row in siblings:
        others[row.packet_id, row.row_no].append(MessageState(row.state))
    differences: Counter[tuple[UUID, str]] = Counter()
    for place, states in after.items():
        for then, by in ((before[place], -1), (states, 1)):
            of_row = [*then.values(), *others[place]]
            differences[place[0], row_outcome(of_row).value] += by
            differences[place[0], LATE] += by * (MessageState.EXPIRED in of_row)
    return {change: rows for change, rows in differences.items() if rows}


@cache
def _adjust_total() -> TextClause:
    return sql_with(
        "events/adjust_total",
        {
            "outcomes": ", ".join(
                f"{name} = packet_total.{name} + change.{name}" for name in (*Outcome, LATE)
            ),
            "changes": ", ".join(
                f"coalesce(sum(difference) filter (where outcome = '{name}'), 0) as {name}"
                for name in (*Outcome, LATE)
            ),
        },
    )


def _leaves_the_lane(row: Moved) -> bool:
    return row.state_before in {MessageState.READY, MessageState.SENDING}
