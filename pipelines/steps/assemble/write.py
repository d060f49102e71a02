"""Messages are computed by parallel workers, then written by one process, each with the only id that its row can have (D2)."""

from datetime import datetime

from pipelines.schedule.places import long_heads
from pipelines.steps.assemble.fillings import Series, messages, stored
from pipelines.steps.assemble.plan import Plan
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


def write(uow: UnitOfWork, plan: Plan, start: datetime) -> tuple[int, int]:
    """Compute the plan's rows and write the messages. Returns the number of rows and the number of messages.

    `start` is the moment at which a campaign without steps begins.
    """
    packet = {"packet_id": plan.packet.id, "client_id": plan.packet.client_id}
    terms = {
        "minutes_before_contact": plan.campaign.minutes_before_contact,
        "needs_consent": plan.campaign.needs_consent,
        "start": start,
        "received_at": plan.packet.received_at,
        "long_heads": long_heads(),
        "countries": uow.scalar(sql("steps/assemble/countries"), packet),
    }
    statement = messages(plan)
    rows = uow.execute(statement, {**packet, **terms}).rowcount
    prices = plan.prices.columns if plan.prices else {}
    written = uow.execute(stored(plan, _series(uow, plan)), packet | prices).rowcount
    return rows // len(plan.campaign.schedule.steps), written


def _series(uow: UnitOfWork, plan: Plan) -> Series:
    """The series that the ids are made from, by step and channel."""
    parameters = {
        "packet_id": plan.packet.id,
        "client_id": plan.packet.client_id,
        "step_nos": [step.no for step in plan.campaign.schedule.steps],
        "channels": [channel.name for channel in plan.channels],
    }
    rows = uow.all(sql("steps/assemble/series"), parameters)
    return {(row.step_no, row.channel): row.series for row in rows}
