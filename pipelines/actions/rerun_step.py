"""Runs a step of a packet again, with all that follows; says beforehand what that would change."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.relay_outbox import DAG
from pipelines.actions.scope import seen_by
from pipelines.domain.words import counted
from pipelines.errors import NotFound, PacketboatError
from pipelines.providers.airflow import Airflow
from pipelines.reports.needs import STANDING
from pipelines.states import PREPARE_STEPS, STEPS, TAKEN, TOUCHED, PacketState
from pipelines.store.sqlfile import sql

log = structlog.get_logger()


class RerunRefused(PacketboatError):
    code = "rerun_refused"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen: the steps that run, in sentences what they change, and whether it can be done now."""

    step: str
    steps: tuple[str, ...]
    sentences: tuple[str, ...]
    possible: bool


def preview(engine: Engine, client_id: UUID | None, packet_id: UUID, step: str) -> Preview:
    """What running `step` again would change. Changes nothing. Raises NotFound."""
    return _preview(_facts(engine, client_id, packet_id, step), step)


def rerun_step(
    engine: Engine, airflow: Airflow, client_id: UUID | None, packet_id: UUID, step: str
) -> Preview:
    """Let Airflow run `step` and what follows it again; returns what that changes.

    Raises NotFound, RerunRefused when it cannot be done now, and TryLater when Airflow is away.
    """
    facts = _facts(engine, client_id, packet_id, step)
    found = _preview(facts, step)
    if not found.possible:
        raise RerunRefused(" ".join(found.sentences))
    airflow.clear(DAG, facts.run_id, [step], downstream=True)
    with seen_by(engine, client_id) as uow:
        uow.execute(sql("actions/start_again/answered"), {"packet_id": packet_id, "codes": list(STANDING)})
        uow.commit()
    log.info("step_rerun", packet_id=str(packet_id), step=step)
    return found


def _facts(engine: Engine, client_id: UUID | None, packet_id: UUID, step: str) -> Row[Any]:
    if step not in STEPS:
        raise NotFound(f"There is no step {step!r}; the steps are {', '.join(STEPS)}.")
    with seen_by(engine, client_id) as uow:
        facts = uow.execute(
            sql("actions/rerun_facts"),
            {"packet_id": packet_id, "taken": sorted(TAKEN), "touched": sorted(TOUCHED)},
        ).one_or_none()
    if facts is None:
        raise NotFound(f"There is no packet {packet_id}.")
    return facts


def _preview(facts: Row[Any], step: str) -> Preview:
    steps = STEPS[STEPS.index(step) :]
    if facts.state == PacketState.REFUSED:
        return Preview(
            step, (), ("This packet was refused when it came in. Send a corrected file.",), possible=False
        )
    if facts.running is not None:
        sentence = f"The step {facts.running} is running. Wait for its end."
        return Preview(step, (), (sentence,), possible=False)
    return Preview(step, steps, tuple(_sentences(facts, step)), possible=True)


def _sentences(facts: Row[Any], step: str) -> list[str]:
    said = []
    if step in PREPARE_STEPS and facts.touched:
        said.append(
            f"Nothing that was prepared is changed, because {counted(facts.out, 'message')} went out already. A correction needs a new packet."
        )
    if step in PREPARE_STEPS and not facts.touched:
        said.append(
            f"Prepared again from {step} on: {counted(facts.rows, 'row')}. Their messages are made anew and sent."
        )
    elif step != "settle":
        said.append(f"Ready and sent now: {counted(facts.ready, 'message')}. Sent twice: none.")
    if facts.unknown:
        said.append(
            f"Unknown, and left so: {counted(facts.unknown, 'message')}, which the provider may have."
        )
    said.append("The totals are added up again.")
    return said
