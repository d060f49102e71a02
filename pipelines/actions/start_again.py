"""Finds packets that stand still, and starts them again or tells somebody (docs/decisions/0014)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.relay_outbox import DAG
from pipelines.providers.airflow import Airflow
from pipelines.reports.needs import STALLED
from pipelines.states import PREPARE_STEPS, TOUCHED, PacketState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# A lane at work writes at least every 30 s (its longest wait in place), and one that is told to end needs a provider call's time (20 s).
QUIET = timedelta(seconds=60)
MOST_STARTS = 3  # in a row without progress: what three runs did not get through, the fourth will not
MOST = 200  # packets looked at in one round, a request to Airflow for each
# "silent" is read from the tables, never raised.
RAISED = tuple(code for code in STALLED if code != "silent")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watched:
    """How many packets were started again, and how many need somebody."""

    started: int
    alarmed: int


def start_again(
    engine: Engine, airflow: Airflow, *, packet_id: UUID | None = None, now: datetime | None = None
) -> Watched:
    """Promise a new run to each packet whose run is over or gone with work left; raise an alarm where that is for a person to decide.

    `now` is the moment from which silence is counted back. Raises TryLater when Airflow is away: nothing is judged without it.
    """
    moment = now or datetime.now(UTC)
    started: list[UUID] = []
    alarms: dict[UUID, str] = {}
    seen: list[UUID] = []
    for packet, verdict in _judged(engine, airflow, packet_id, moment):
        seen.append(packet.packet_id)
        if verdict == "close":
            _close_journal(engine, packet)
        elif verdict == "start":
            started += [packet.packet_id] if _promise(engine, packet) else []
        elif verdict is not None:
            _alarm(engine, packet, verdict)
            alarms[packet.packet_id] = verdict
    _calm(engine, seen, alarms)
    return Watched(len(started), len(alarms))


def _judged(
    engine: Engine, airflow: Airflow, packet_id: UUID | None, now: datetime
) -> Iterator[tuple[Row[Any], str | None]]:
    """Each silent packet with what to do: start, close (its journal), the code of an alarm, or nothing (None)."""
    asked = {"packet_id": packet_id, "now": now, "quiet_seconds": QUIET.total_seconds(), "most": MOST}
    with UnitOfWork(engine, every_client=True) as uow:
        packets = uow.all(
            sql("actions/start_again/packets"),
            asked | {"touched": sorted(TOUCHED), "prepare_steps": list(PREPARE_STEPS)},
        )
    paused = airflow.is_paused(DAG) if packets else False
    for packet in packets:
        yield packet, _verdict(airflow, packet, now, paused=paused)


def _verdict(airflow: Airflow, packet: Row[Any], now: datetime, *, paused: bool) -> str | None:
    run = airflow.run(DAG, packet.run_id) if packet.run_id else None
    if run is not None and run.state not in {"success", "failed"}:
        return "dag_paused" if paused and packet.on_its_way else None
    if run is not None and run.ended_at is not None and run.ended_at > now - QUIET:
        return None  # its tasks may still be writing their last word
    if not packet.on_its_way:
        return "close"  # a lane that died is not running; the packet itself says already how it stands
    return _with_its_run_over(packet, failed=run is not None and run.state == "failed")


def _with_its_run_over(packet: Row[Any], *, failed: bool) -> str | None:
    # A run is failed while its packet is not stopped: no step of ours did that, somebody ended it. What is left to add up may be.
    if failed and not _only_to_settle(packet):
        return "run_failed"
    if packet.calls_open:
        return None  # the sweep closes them when their leases end, and then it is known what is ready
    if packet.idle_starts >= MOST_STARTS and not packet.moved and not packet.waited:
        return "starts_in_vain"
    return "start"


def _only_to_settle(packet: Row[Any]) -> bool:
    """Whether a run would send nothing: all is prepared and kept, and nothing is ready."""
    return bool(packet.touched) and packet.ready == 0 and packet.steps_done == len(PREPARE_STEPS)


def _promise(engine: Engine, packet: Row[Any]) -> bool:
    """Keep the promise of a new run in one transaction; False when somebody else was first."""
    who = {"packet_id": packet.packet_id, "client_id": packet.client_id}
    with UnitOfWork(engine, every_client=True) as uow:
        if not uow.all(
            sql("actions/start_again/hold"), {"packet_id": packet.packet_id, "run_id": packet.run_id}
        ):
            return False
        uow.execute(sql("actions/start_again/close_journal"), who)
        stood = {
            "steps_done": packet.steps_done,
            "ready": packet.ready,
            "moved": packet.moved or packet.waited,
        }
        number = uow.scalar(sql("actions/start_again/count_start"), who | stood)
        run = {"run_id": f"packet-{packet.packet_id}-r{packet.revision}-again-{number}"}
        uow.execute(sql("actions/start_again/new_run"), who | run)
        prepared = packet.state == PacketState.SENDING and packet.steps_done == len(PREPARE_STEPS)
        uow.execute(sql("actions/promise_start"), who | run | {"prepared": prepared})
        uow.commit()
    tell = log.info if packet.waited else log.warning
    tell("packet_started_again", packet_id=str(packet.packet_id), start=number, ready=packet.ready)
    return True


def _close_journal(engine: Engine, packet: Row[Any]) -> None:
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/start_again/close_journal"), {"packet_id": packet.packet_id})
        uow.commit()


def _alarm(engine: Engine, packet: Row[Any], code: str) -> None:
    who = {"packet_id": packet.packet_id, "client_id": packet.client_id}
    if code != "dag_paused":  # there its tasks may still be at work
        _close_journal(engine, packet)  # before the alarm: what moves after it takes it back
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/start_again/alarm"), who | {"code": code, "cases": packet.ready})
        uow.commit()
    log.error("packet_stands_still", packet_id=str(packet.packet_id), code=code, ready=packet.ready)


def _calm(engine: Engine, seen: list[UUID], alarms: dict[UUID, str]) -> None:
    """Take back the alarms that no longer hold."""
    with UnitOfWork(engine, every_client=True) as uow:
        quiet = [packet_id for packet_id in seen if packet_id not in alarms]
        for code in RAISED:
            others = [packet_id for packet_id, raised in alarms.items() if raised != code]
            uow.execute(sql("actions/start_again/calm"), {"code": code, "packet_ids": [*quiet, *others]})
        uow.commit()
