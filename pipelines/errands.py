"""What DAGs call: run a step, and the errands (recurring jobs) that keep packets moving and delete what is too old."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipelines import steps
from pipelines.actions import recurring
from pipelines.actions.billing import compare_lists
from pipelines.actions.billing.verify_ledger import verify_ledger as prove
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.start_again import start_again
from pipelines.actions.sending.forecasts import keep_forecast
from pipelines.actions.upkeep import keep_house
from pipelines.bootstrap import packetboat
from pipelines.channels.lanes import Lane, plan_lanes
from pipelines.consent.erasure import erase_due
from pipelines.steps.journal import StepResult
from pipelines.store.files import Files
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
    """Schedule a new run for stalled packets where that is safe; raise an alarm for the others."""
    boat = packetboat()
    start_again(boat.engine("worker"), boat.airflow())


def start_packets() -> None:
    """Start the runs that are in the outbox and not started yet."""
    boat = packetboat()
    relay_outbox(boat.engine("worker"), boat.airflow())


def _of_this_process(errand: recurring.Errand) -> Callable[[], None]:
    """The errand with the Packetboat of this process."""

    @wraps(errand)
    def run() -> None:
        boat = packetboat()
        errand(boat.engine("worker"), boat.settings, boat.secrets)

    return run


# What only uses the database comes first, then Airflow, and last those that wait for others.
ERRANDS: tuple[Callable[[], None], ...] = (
    *map(_of_this_process, recurring.IN_DATABASE),
    watch_packets,
    start_packets,
    *map(_of_this_process, recurring.CALLING),
)


def run_errands() -> None:
    """Run every errand even when one fails, then raise the first failure."""
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
    """Record that errands run: the launcher restarts the scheduler when these marks stop."""
    with (
        suppress(SQLAlchemyError),  # the errand itself will raise a clearer error
        UnitOfWork(packetboat().engine("worker"), every_client=True) as uow,
    ):
        uow.execute(sql("errands/mark"), {"name": name})
        uow.commit()


def verify_ledger() -> None:
    """Prove the laws of the ledger and compare the providers' lists; hold the new packets of a client for whom one fails."""
    boat = packetboat()
    prove(boat.engine("worker"))
    compare_lists.compare_lists(boat.engine("worker"), boat.settings, boat.secrets)


def delete_old_logs() -> None:
    """Delete old logs of tasks, DAG files and processes."""
    boat = packetboat()
    keep_house.delete_old_logs(boat.engine("worker"), boat.settings)


def delete_unfinished_uploads() -> None:
    """Delete the partial uploads that killed processes left behind."""
    keep_house.delete_unfinished_uploads(packetboat().settings)


def erase_personal_data() -> None:
    """Erase the personal data of packets whose retention is over."""
    boat = packetboat()
    erase_due(boat.engine("worker"), Files(boat.settings))


def delete_errand_runs() -> None:
    """Delete Airflow's old runs of the scheduled DAGs."""
    keep_house.delete_errand_runs(packetboat().airflow())


def forget_audit_log() -> None:
    """Delete the entries about old scheduled runs from Airflow's audit log."""
    keep_house.forget_audit_log(packetboat().airflow_database)


def lanes_of(packet_id: UUID) -> list[Lane]:
    """The lanes that the packet's messages need now; none when nothing is ready. Before they start, the packet's end is forecast."""
    engine = packetboat().engine("worker")
    try:
        keep_forecast(engine, packet_id)
    except Exception as error:  # noqa: BLE001 - the packet can be sent without it
        log.warning("forecast_failed", packet_id=str(packet_id), error=type(error).__name__)
    return plan_lanes(steps.ready_by_channel(engine, packet_id))


def give_up(packet_id: UUID, step: str, run_id: str) -> None:
    """Airflow will not retry this step: stop the packet and record why, unless a more specific reason is recorded."""
    steps.give_up(packetboat().engine("worker"), packet_id, step, run_id)
