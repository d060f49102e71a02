"""Messages worked out by several processes at once, then written by one, each with the id that its row alone can have (D2)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, SmallInteger, TableClause, Uuid, case, func, insert, literal, select

from pipelines.steps.assemble.select import WORKED_OUT, Plan, addressed, messages, written
from pipelines.store.sqlfile import sql
from pipelines.store.temporary_table import TemporaryTable
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.messages import Message

STEP_NO = 1  # of the schedule


def write(uow: UnitOfWork, plan: Plan) -> int:
    """Write the messages of the plan. Returns how many there are."""
    made = TemporaryTable(WORKED_OUT, messages(plan, written(plan, addressed(plan))))
    uow.execute(made)
    rows = _whole(plan, made.rows, _series(uow, plan))
    stored = insert(Message).from_select(rows.selected_columns.keys(), rows)
    return uow.execute(stored.execution_options(preserve_rowcount=True)).rowcount


def _series(uow: UnitOfWork, plan: Plan) -> dict[str, UUID]:
    """What the ids are made from, by channel."""
    packet, channels = plan.packet, [channel.name for channel in plan.channels]
    asked = {
        "packet_id": packet.id,
        "client_id": packet.client_id,
        "step_no": STEP_NO,
        "channels": channels,
    }
    return {row.channel: row.series for row in uow.all(sql("steps/assemble/series"), asked)}


def _whole(plan: Plan, made: TableClause, series: Mapping[str, UUID]) -> Select[Any]:
    """The columns of `message` for what `messages` has worked out. `series` is by channel."""
    c = made.c
    ids = {channel: func.message_id(literal(one), c.row_no, type_=Uuid()) for channel, one in series.items()}
    rules = [rule.name for rule in plan.campaign.rules]
    return select(
        case(*((c.channel == channel, one) for channel, one in ids.items())).label("id"),
        literal(plan.packet.client_id).label("client_id"),
        literal(plan.packet.id).label("packet_id"),
        c.row_no,
        literal(STEP_NO, SmallInteger).label("step_no"),
        c.channel,
        c.state,
        c.address,
        plan.pick(c.text_no, [text.language for text in plan.texts]).label("language"),
        plan.pick(c.text_no, [text.template_id for text in plan.texts]).label("template_id"),
        plan.pick(c.rule_no, rules).label("rule"),
        c.subject,
        c.body,
        c.segments,
        c.encoding,
        c.expires_at,
    )
