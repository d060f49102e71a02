"""The one door that DAGs call: run a step, and the errands that keep packets moving and the house clean."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipelines import steps
from pipelines.actions import keep_house
from pipelines.actions.recount_packets import recount_packets
from pipelines.actions.relay_outbox import relay_outbox
from pipelines.actions.send_notices import send_notices as send_promised_notices
from pipelines.actions.start_again import start_again
from pipelines.bootstrap import packetboat
from pipelines.channels.lanes import Lane, plan_lanes
from pipelines.events.apply import apply_events
from pipelines.events.inbox import forget_signatures
from pipelines.events.sweep import close_dead_calls
from pipelines.steps.journal import StepResult
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

log = structlog.get_logger()


def run_step(
    step: str,
    packet_id: UUID,
    *,
    run_id: str | None = None,
    lane: Lane | None = None,
    prepared: bool = False,
) -> StepResult:
    """Run one step of one packet with the Packetboat of this process. See `pipelines.steps.run`."""
    boat = packetboat()
    return steps.run(
        step,
        packet_id,
        engine=boat.engine("worker"),
        settings=boat.settings,
        secrets=boat.secrets,
        run_id=run_id,
        lane=lane,
        prepared=prepared,
    )


def watch_packets() -> None:
    """Promise a new run to the packets that stand still, where that is safe; raise an alarm for the others."""
    boat = packetboat()
    start_again(boat.engine("worker"), boat.airflow())


def start_packets() -> None:
    """Start the runs whose start was promised and got lost."""
    boat = packetboat()
    relay_outbox(boat.engine("worker"), boat.airflow())


def send_notices() -> None:
    """Send the mails about new passwords that were promised."""
    boat = packetboat()
    send_promised_notices(boat.engine("worker"), boat.settings, boat.secrets)


def recount() -> None:
    """Recount settled packets, those that changed lately first."""
    recount_packets(packetboat().engine("worker"))


def apply_callbacks() -> None:
    """Apply the providers' callbacks that nobody has applied yet, and forget the signatures that are too old to matter."""
    engine = packetboat().engine("worker")
    apply_events(engine)
    forget_signatures(engine)


def close_calls() -> None:
    """Close the provider calls of lanes that died: what they had not begun is ready again, the rest is unknown."""
    close_dead_calls(packetboat().engine("worker"))


# What keeps the packets moving whatever died, in this order.
ERRANDS: tuple[Callable[[], None], ...] = (
    apply_callbacks,
    close_calls,
    watch_packets,
    start_packets,
    send_notices,
    recount,
)


def run_errands() -> None:
    """Run each errand, also after one that failed; then the first failure is raised."""
    failures: list[Exception] = []
    for errand in ERRANDS:
        try:
            _mark(errand.__name__)
            errand()
        except Exception as error:
            log.warning("errand_failed", errand=errand.__name__, exc_info=error)
            failures.append(error)
    if failures:
        raise failures[0]


def _mark(name: str) -> None:
    """Leave word that errands are run: the launcher starts the scheduler again when that word stays out."""
    with (
        suppress(SQLAlchemyError),  # the errand itself says it better
        UnitOfWork(packetboat().engine("worker"), every_client=True) as uow,
    ):
        uow.execute(sql("errands/mark"), {"name": name})
        uow.commit()


def delete_old_logs() -> None:
    """Delete the logs of tasks, DAG files and processes that are old enough."""
    boat = packetboat()
    keep_house.delete_old_logs(boat.engine("worker"), boat.settings)


def delete_unfinished_uploads() -> None:
    """Delete what killed processes left of uploads."""
    keep_house.delete_unfinished_uploads(packetboat().settings)


def delete_errand_runs() -> None:
    """Delete Airflow's old runs of the DAGs that run by the clock."""
    keep_house.delete_errand_runs(packetboat().airflow())


def forget_audit_log() -> None:
    """Delete what Airflow's audit log says of old runs by the clock."""
    keep_house.forget_audit_log(packetboat().airflow_database)


def lanes_of(packet_id: UUID) -> list[Lane]:
    """The lanes that the packet's messages need now; none when nothing is ready."""
    return plan_lanes(steps.ready_by_channel(packetboat().engine("worker"), packet_id))


def give_up(packet_id: UUID, step: str) -> None:
    """Airflow will not try this step again: stop the packet with a sentence, unless one says more already."""
    steps.give_up(packetboat().engine("worker"), packet_id, step)
