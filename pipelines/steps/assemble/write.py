"""Messages are computed by parallel workers, then written by one process, each with the only id that its row can have (D2)."""

from uuid import UUID

from pipelines.steps.assemble.fillings import messages, stored
from pipelines.steps.assemble.plan import Plan
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

STEP_NO = 1  # of the schedule


def write(uow: UnitOfWork, plan: Plan) -> tuple[int, int]:
    """Compute the plan's rows and write the messages. Returns the number of rows and the number of messages."""
    packet = {"packet_id": plan.packet.id, "client_id": plan.packet.client_id}
    terms = {
        "minutes_before_contact": plan.campaign.minutes_before_contact,
        "needs_consent": plan.campaign.needs_consent,
    }
    rows = uow.execute(messages(plan), packet | terms).rowcount
    written = uow.execute(stored(plan, _series(uow, plan)), packet | {"step_no": STEP_NO}).rowcount
    return rows, written


def _series(uow: UnitOfWork, plan: Plan) -> dict[str, UUID]:
    """The series that the ids are made from, by channel."""
    parameters = {
        "packet_id": plan.packet.id,
        "client_id": plan.packet.client_id,
        "step_no": STEP_NO,
        "channels": [channel.name for channel in plan.channels],
    }
    return {row.channel: row.series for row in uow.all(sql("steps/assemble/series"), parameters)}
