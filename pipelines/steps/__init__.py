"""The steps of a packet, and the one entry point to them, for Airflow and the command line."""

from importlib import import_module
from uuid import UUID

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.channels.lanes import Lane
from pipelines.errors import NotFound, PacketboatError, StepFailed, TryLater
from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title
from pipelines.settings import Settings
from pipelines.states import PREPARE_STEPS, PacketState, StepState
from pipelines.steps import journal, outputs
from pipelines.steps.journal import PacketFacts, StepContext, StepResult
from pipelines.store.room import is_full
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.packets import PacketStep

MAX_DEATHS = 20  # attempts of a step in a row that died: the next one would die as well

log = structlog.get_logger()


def run(
    step: str,
    packet_id: UUID,
    *,
    engine: Engine,
    settings: Settings,
    secrets: dict[str, str],
    run_id: str | None = None,
    lane: Lane | None = None,
    prepared: bool = False,
) -> StepResult:
    """Run one step of one packet and journal it. It is safe to run it again at any time.

    `prepared`: this run only continues sending, so a prepare step that has succeeded is not repeated, unless this run has tried it before.
    A run that another one has superseded sends nothing, runs no prepare step that has succeeded before, and does not stop the packet.
    A prepare step and its journal row are one transaction; once something has been sent, it changes nothing and notes that. Dispatch and
    settle commit as they go. Raises StepFailed when a person has to act and TryLater when waiting helps; neither contains row data.
    """
    client_id = _client_of(engine, packet_id)
    journal_id = journal.begin(engine, client_id, packet_id, step, lane.title if lane else "", run_id)
    log.info("step_started", step=step, packet_id=str(packet_id), lane=lane.title if lane else None)
    try:
        with UnitOfWork(engine, client_id) as uow:
            before = journal.before(uow, journal_id)
            if before.deaths >= MAX_DEATHS:
                raise StepFailed("died_often", step=step_title(step), n=before.deaths)  # noqa: TRY301
            superseded = _is_superseded(uow, packet_id, run_id)
            fresh = superseded or (prepared and not before.repeated)
            kept = _kept(uow, packet_id, step, prepared=fresh) if step in PREPARE_STEPS else None
            if superseded and step == "dispatch":
                kept = StepResult(0, 0, 0, note=Sentence("run_superseded"))
            if kept is not None:
                result, state = kept, StepState.KEPT
            else:
                result = _work(step, packet_id, uow, engine, settings, secrets, journal_id, run_id, lane)
                state = StepState.DONE
            if result.stop is None:
                journal.finish(uow, journal_id, state, result)
            uow.commit()
        if result.stop is not None:
            raise result.stop  # noqa: TRY301 - handled like every other failure
    except Exception as error:  # noqa: BLE001 - every failure must be journalled, and stripped of row data
        problem = _without_row_data(error)
        _note_failure(engine, client_id, packet_id, step, journal_id, run_id, problem)
        raise problem from None
    if result.again is not None:
        raise result.again
    log.info("step_ended", step=step, packet_id=str(packet_id), state=state, rows_out=result.rows_out)
    return result


def _work(
    step: str,
    packet_id: UUID,
    uow: UnitOfWork,
    engine: Engine,
    settings: Settings,
    secrets: dict[str, str],
    journal_id: UUID,
    run_id: str | None,
    lane: Lane | None,
) -> StepResult:
    """Run the step itself. Its module is imported here, so that a task imports no other step."""
    if step in PREPARE_STEPS:
        outputs.forget(uow, packet_id, step)
        uow.execute(sql("steps/packet/state"), {"packet_id": packet_id, "state": PacketState.PREPARING})
    packet = PacketFacts.read(uow, packet_id)
    assert packet is not None
    if step not in PREPARE_STEPS:
        uow.commit()  # no transaction stays open while a lane calls a provider
    context = StepContext(
        packet=packet,
        uow=uow,
        progress=journal.Progress(engine, packet.client_id, journal_id),
        settings=settings,
        secrets=secrets,
        run_id=run_id,
        lane=lane,
    )
    module = import_module(f"pipelines.steps.{step}")
    result: StepResult = module.run(context)
    return result


def _kept(uow: UnitOfWork, packet_id: UUID, step: str, *, prepared: bool) -> StepResult | None:
    """The result of a prepare step that is not to be run: its packet is cancelled, something was sent, or the run is `prepared`. A packet from
    which somebody was erased is never loaded again, because its file still has them.

    It is that of the step's last run. Raises StepFailed when something was sent although the step never succeeded: then the tables contradict each other.
    """
    # Keeps out the lanes (they lock the same row FOR SHARE) and a second run of the same step.
    uow.execute(sql("steps/packet/lock"), {"packet_id": packet_id})
    touched = outputs.was_touched(uow, packet_id)
    cancelled = bool(uow.scalar(sql("steps/packet/cancelled"), {"packet_id": packet_id}))
    erased = step == "load" and bool(uow.scalar(sql("steps/packet/erased"), {"packet_id": packet_id}))
    if not (touched or prepared or cancelled or erased):
        return None
    last = uow.execute(
        select(PacketStep)
        .where(PacketStep.packet_id == packet_id, PacketStep.step == step)
        .where(PacketStep.state.in_([StepState.DONE, StepState.KEPT]))
        .order_by(PacketStep.attempt.desc())
        .limit(1)
    ).one_or_none()
    if last is None and cancelled:
        return StepResult(0, 0, 0, note=Sentence("step_cancelled"))
    if last is None and not touched:
        return None
    if last is None:
        raise StepFailed("journal_contradicts", step=step_title(step))
    note = (
        Sentence("step_cancelled")
        if cancelled
        else None  # nobody wanted this step to be run
        if prepared
        else Sentence("kept_as_it_was")
        if touched
        else Sentence("kept_erased")
    )
    return StepResult(last.rows_in, last.rows_out, last.rows_held, last.bytes or 0, note=note)


def _is_superseded(uow: UnitOfWork, packet_id: UUID, run_id: str | None) -> bool:
    """Whether another run of the packet has taken over from this one."""
    return bool(uow.scalar(sql("steps/packet/superseded"), {"packet_id": packet_id, "run_id": run_id}))


def _client_of(engine: Engine, packet_id: UUID) -> UUID:
    """The client that owns the packet. Raises NotFound, or TryLater when the database is away."""
    try:
        with UnitOfWork(engine, every_client=True) as uow:
            client_id: UUID | None = uow.scalar(sql("steps/packet/client"), {"packet_id": packet_id})
    except OperationalError as error:
        raise _without_row_data(error) from None
    if client_id is None:
        raise NotFound("no_such_packet", packet=str(packet_id))
    return client_id


def _without_row_data(error: Exception) -> PacketboatError:
    """The error in a form that may be shown and logged: PostgreSQL's own message can quote the row that it refused (S2)."""
    if isinstance(error, PacketboatError):
        return error
    if is_full(error):
        return TryLater("no_room")
    if isinstance(error, OperationalError):
        return TryLater("database_away")
    if isinstance(error, DBAPIError):
        return StepFailed("database_refused", state=str(getattr(error.orig, "sqlstate", None)))
    return StepFailed("unexpected", error=type(error).__name__, place=_place(error))


def _place(error: Exception) -> str:
    """File and line of the error; they contain no data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "?"


def _note_failure(
    engine: Engine,
    client_id: UUID,
    packet_id: UUID,
    step: str,
    journal_id: UUID,
    run_id: str | None,
    problem: PacketboatError,
) -> None:
    """Record the failure in the journal and, unless another run has superseded this one, on the packet. If even that fails, the next attempt closes the journal row."""
    log.warning("step_failed", packet_id=str(packet_id), code=problem.code, permanent=problem.permanent)
    try:
        journal.fail(engine, client_id, journal_id, problem.sentence)
        if problem.permanent:
            with UnitOfWork(engine, client_id) as uow:
                if _is_superseded(uow, packet_id, run_id):
                    return
                uow.execute(
                    sql("steps/packet/stop"),
                    {
                        "packet_id": packet_id,
                        "code": problem.code,
                        "params": problem.sentence.json_params,
                        "preparing": step in PREPARE_STEPS,
                    },
                )
                uow.commit()
    except DBAPIError:
        log.warning("failure_not_journalled", packet_id=str(packet_id))


def ready_by_channel(engine: Engine, packet_id: UUID) -> dict[str, int]:
    """How many messages of the packet are ready for a lane, per channel."""
    with UnitOfWork(engine, _client_of(engine, packet_id)) as uow:
        return {
            row.channel: row.messages
            for row in uow.all(sql("steps/dispatch/ready_by_channel"), {"packet_id": packet_id})
        }


def give_up(engine: Engine, packet_id: UUID, step: str, run_id: str | None = None) -> None:
    """Stop a packet whose step is not tried again, unless another run has superseded this one. An earlier reason is kept."""
    with UnitOfWork(engine, _client_of(engine, packet_id)) as uow:
        if _is_superseded(uow, packet_id, run_id):
            return
        uow.execute(
            sql("steps/packet/give_up"),
            {
                "packet_id": packet_id,
                "params": Sentence("gave_up", {"step": step_title(step)}).json_params,
                "preparing": step in PREPARE_STEPS,
            },
        )
        uow.commit()
