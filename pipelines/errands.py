"""What DAGs call: run a step, and the errands (recurring jobs) that keep packets moving and delete what is too old."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipelines import steps
from pipelines.actions import keep_house
from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.actions.billing.verify_ledger import verify_ledger as prove
from pipelines.actions.billing.watch_credit import watch_credit
from pipelines.actions.messages import poll
from pipelines.actions.messages.reconcile import reconcile
from pipelines.actions.people import read_replies as replies
from pipelines.actions.people.deliver_replies import deliver_replies as send_promised_replies
from pipelines.actions.recount_packets import recount_packets
from pipelines.actions.relay_outbox import relay_outbox
from pipelines.actions.send_notices import send_notices as send_promised_notices
from pipelines.actions.sending.forecasts import keep_forecast, keep_forecasts
from pipelines.actions.start_again import start_again
from pipelines.bootstrap import packetboat
from pipelines.channels.lanes import Lane, plan_lanes
from pipelines.consent.erasure import erase_due
from pipelines.events import failures, waiting
from pipelines.events.apply import apply_events
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.epoch import watch_epoch
from pipelines.events.inbox import forget_signatures
from pipelines.events.sweep import close_dead_calls
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


def watch_waits() -> None:
    """Expire messages whose channel waits past their deadline, and raise alarms about providers in long trouble."""
    waiting.watch_waits(packetboat().engine("worker"))


def watch_failures() -> None:
    """Pause packets whose failures soar."""
    failures.watch_failures(packetboat().engine("worker"))


def reserve_credit() -> None:
    """Reserve the credit of packets that wait for it, schedule their runs, and warn when credit runs low."""
    engine = packetboat().engine("worker")
    reserve_waiting(engine)
    watch_credit(engine)


def watch_packets() -> None:
    """Schedule a new run for stalled packets where that is safe; raise an alarm for the others."""
    boat = packetboat()
    start_again(boat.engine("worker"), boat.airflow())


def start_packets() -> None:
    """Start the runs that are in the outbox and not started yet."""
    boat = packetboat()
    relay_outbox(boat.engine("worker"), boat.airflow())


def send_notices() -> None:
    """Send the pending mails about new passwords."""
    boat = packetboat()
    send_promised_notices(boat.engine("worker"), boat.settings, boat.secrets)


def recount() -> None:
    """Recount settled packets, the most recently changed first."""
    recount_packets(packetboat().engine("worker"))


def apply_callbacks() -> None:
    """Apply pending callbacks from providers, and delete signatures that are too old to matter."""
    engine = packetboat().engine("worker")
    apply_events(engine)
    forget_signatures(engine)


def read_replies() -> None:
    """Match and read replies that the portal has stored and not processed."""
    replies.read_replies(packetboat().engine("worker"))


def deliver_replies() -> None:
    """Answer STOP, START and HELP where the provider does not, and forward replies to their clients."""
    boat = packetboat()
    send_promised_replies(boat.engine("worker"), boat.settings, boat.secrets)


def close_calls() -> None:
    """Close the provider calls of dead lanes: messages not yet sent become ready again, the rest unknown."""
    close_dead_calls(packetboat().engine("worker"))


def poll_reports() -> None:
    """Ask the providers about messages whose final report never came."""
    boat = packetboat()
    poll.poll_reports(boat.engine("worker"), boat.settings, boat.secrets)


def reconcile_unknown() -> None:
    """Look for calls whose outcome is unknown in the providers' lists; messages that are in none are ready again."""
    boat = packetboat()
    reconcile(boat.engine("worker"), boat.settings, boat.secrets)


def count_epoch() -> None:
    """Count the epoch; put everything on hold if the database was restored."""
    boat = packetboat()
    watch_epoch(boat.engine("worker"), boat.settings.home)


def finish_cancelling() -> None:
    """Cancel what became ready again of cancelled packets, and settle those that nothing is in flight of any more."""
    finish_cancelled(packetboat().engine("worker"))


def forecast_packets() -> None:
    """Forecast when each packet will be all out, and note when it was."""
    keep_forecasts(packetboat().engine("worker"))


# These call providers and clients: each within a time budget (pipelines/actions/time_budget.py).
CALLING: tuple[Callable[[], None], ...] = (send_notices, deliver_replies, reconcile_unknown, poll_reports)
# Recover from whatever died, in this order. What only uses the database comes first, then Airflow, and last those that wait for others.
ERRANDS: tuple[Callable[[], None], ...] = (
    count_epoch,
    apply_callbacks,
    read_replies,
    close_calls,
    finish_cancelling,
    watch_waits,
    watch_failures,
    reserve_credit,
    forecast_packets,
    recount,
    watch_packets,
    start_packets,
    *CALLING,
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
    """Prove the laws of the ledger; hold the new packets of a client for whom one fails."""
    prove(packetboat().engine("worker"))


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


def give_up(packet_id: UUID, step: str) -> None:
    """Airflow will not retry this step: stop the packet and record why, unless a more specific reason is recorded."""
    steps.give_up(packetboat().engine("worker"), packet_id, step)
