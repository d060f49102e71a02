"""Messages worked out by several processes at once, then written by one, each with the id that its row alone can have (D2)."""

from uuid import UUID

from pipelines.steps.assemble.fillings import messages, stored
from pipelines.steps.assemble.plan import Plan
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

STEP_NO = 1  # of the schedule


def write(uow: UnitOfWork, plan: Plan) -> tuple[int, int]:
    """Work every row of the plan out and write the messages. Returns how many rows there are, and how many messages."""
    packet = {"packet_id": plan.packet.id, "client_id": plan.packet.client_id}
    deadline = {"minutes_before_contact": plan.campaign.minutes_before_contact}
    rows = uow.execute(messages(plan), packet | deadline).rowcount
    made = uow.execute(stored(plan, _series(uow, plan)), packet | {"step_no": STEP_NO}).rowcount
    return rows, made


def _series(uow: UnitOfWork, plan: Plan) -> dict[str, UUID]:
    """What the ids are made from, by channel."""
    parameters = {
        "packet_id": plan.packet.id,
        "client_id": plan.packet.client_id,
        "step_no": STEP_NO,
        "channels": [channel.name for channel in plan.channels],
    }
    return {row.channel: row.series for row in uow.all(sql("steps/assemble/series"), parameters)}
