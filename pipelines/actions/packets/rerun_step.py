"""Runs a step of a packet and the steps after it again. A preview shows what that would change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.packets.relay_outbox import DAG
from pipelines.actions.scope import seen_by
from pipelines.errors import NotFound, PacketboatError, TryLater
from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title
from pipelines.providers.airflow import Airflow
from pipelines.reports.needs import STALLED
from pipelines.states import PREPARE_STEPS, STEPS, TAKEN, TOUCHED, PacketState
from pipelines.store.sqlfile import sql

log = structlog.get_logger()


class RerunRefused(PacketboatError):
    """The step cannot be run again now."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen: the steps that run, what they change, and whether this is possible now (if not, `sentences` say why)."""

    step: str
    steps: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    possible: bool


def preview(engine: Engine, client_id: UUID | None, packet_id: UUID, step: str) -> Preview:
    """What running `step` again would change. Changes nothing. Raises NotFound."""
    return _preview(_facts(engine, client_id, packet_id, step), step)


def rerun_step(
    engine: Engine, airflow: Airflow, client_id: UUID | None, packet_id: UUID, step: str
) -> Preview:
    """Let Airflow run `step` and the steps after it again. Returns what that changes.

    Raises NotFound, RerunRefused when it is not possible now, and TryLater when Airflow is away.
    """
    facts = _facts(engine, client_id, packet_id, step)
    changes = _preview(facts, step)
    if not changes.possible:
        raise RerunRefused(Sentence("several", {"sentences": changes.sentences}))
    if facts.just_settled and airflow.run_state(DAG, facts.run_id) == "running":
        # Airflow is about to mark the run as ended: tasks that are cleared now would never run.
        raise TryLater("run_is_ending", after_seconds=5)
    if step != "settle":
        _lift_delays(engine, client_id, packet_id)
    airflow.clear(DAG, facts.run_id, [step])
    with seen_by(engine, client_id) as uow:
        uow.execute(sql("actions/start_again/clear_alarms"), {"packet_id": packet_id, "codes": list(STALLED)})
        uow.commit()
    log.info("step_rerun", packet_id=str(packet_id), step=step)
    return changes


def _lift_delays(engine: Engine, client_id: UUID | None, packet_id: UUID) -> None:
    """Done before the run is cleared, so that its lanes find the messages due."""
    with seen_by(engine, client_id) as uow:
        uow.execute(sql("actions/start_again/lift_delays"), {"packet_id": packet_id})
        uow.execute(sql("events/lock_waits"), {"packet_ids": [packet_id]})
        uow.execute(sql("actions/start_again/end_waits"), {"packet_id": packet_id})
        uow.execute(sql("actions/start_again/try_breakers"), {"packet_id": packet_id})
        uow.commit()


def _facts(engine: Engine, client_id: UUID | None, packet_id: UUID, step: str) -> Row[Any]:
    if step not in STEPS:
        raise NotFound("no_such_step", step=step, steps=STEPS)
    with seen_by(engine, client_id) as uow:
        facts = uow.execute(
            sql("actions/rerun_facts"),
            {"packet_id": packet_id, "taken": sorted(TAKEN), "touched": sorted(TOUCHED)},
        ).one_or_none()
    if facts is None:
        raise NotFound("no_such_packet", packet=str(packet_id))
    return facts


def _preview(facts: Row[Any], step: str) -> Preview:
    if facts.state == PacketState.REFUSED:
        return Preview(step, (), (Sentence("rerun_of_refused_packet"),), possible=False)
    if facts.cancelled:
        return Preview(step, (), (Sentence("rerun_of_cancelled_packet"),), possible=False)
    if facts.running is not None:
        return Preview(
            step, (), (Sentence("rerun_while_running", {"step": step_title(facts.running)}),), possible=False
        )
    if facts.state == PacketState.AWAITING_CREDIT and step not in PREPARE_STEPS:
        return Preview(step, (), (Sentence("rerun_awaits_credit"),), possible=False)
    return Preview(step, STEPS[STEPS.index(step) :], tuple(_sentences(facts, step)), possible=True)


def _sentences(facts: Row[Any], step: str) -> Iterator[Sentence]:
    if step in PREPARE_STEPS and facts.touched:
        yield Sentence("rerun_changes_nothing", {"n": facts.out}) if facts.out else Sentence("rerun_of_tried")
    if step in PREPARE_STEPS and not facts.touched:
        yield Sentence("rerun_prepares", {"n": facts.rows, "step": step_title(step)})
    elif step != "settle" and facts.paused:
        yield Sentence("rerun_of_paused_packet", {"n": facts.now})
    elif step != "settle":
        yield Sentence("rerun_sends", {"n": facts.now})
        if facts.later:
            yield Sentence("rerun_sends_later", {"n": facts.later})
        if facts.late:
            yield Sentence("rerun_expires", {"n": facts.late})
    if facts.unknown:
        yield Sentence("rerun_leaves_unknown", {"n": facts.unknown})
    yield Sentence("rerun_adds_up")
