"""Finds stuck packets, and starts them again or raises an alarm (docs/decisions/0014)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row

from pipelines.actions.packets.relay_outbox import DAG
from pipelines.actions.packets.runs import Start, promise_runs
from pipelines.channels import channels
from pipelines.providers.airflow import Airflow
from pipelines.reports.needs import STALLED
from pipelines.states import PREPARE_STEPS, TOUCHED, PacketState
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# A working lane writes at least every 30 s (its longest wait), and one that gets SIGTERM needs the time of a provider call (20 s).
QUIET = timedelta(seconds=60)
MAX_STARTS = 3  # in a row without progress: a fourth would fail as well
MAX_PACKETS = 200  # per round, with one request to Airflow for each
# "silent" is computed from the tables, never raised.
RAISED = tuple(code for code in STALLED if code != "silent")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watched:
    """How many packets were started again, and how many need a person."""

    started: int
    alarmed: int


def start_again(
    engine: Engine, airflow: Airflow, *, packet_id: UUID | None = None, now: datetime | None = None
) -> Watched:
    """Promise a new run for each packet whose run ended or vanished with work left; raise an alarm where a person has to decide.

    `now` is the time at which silence is measured. Raises TryLater when Airflow is away: only Airflow knows whether a run is alive.
    """
    moment = now or datetime.now(UTC)
    started: list[UUID] = []
    alarms: dict[UUID, str] = {}
    checked: list[UUID] = []
    for packet, verdict in _judged(engine, airflow, packet_id, moment):
        checked.append(packet.packet_id)
        if verdict == "close":
            _close_journal(engine, packet)
        elif verdict == "start":
            started += [packet.packet_id] if _promise(engine, packet) else []
        elif verdict is not None:
            _alarm(engine, packet, verdict)
            alarms[packet.packet_id] = verdict
    _drop_stale_alarms(engine, checked, alarms)
    return Watched(len(started), len(alarms))


def _judged(
    engine: Engine, airflow: Airflow, packet_id: UUID | None, now: datetime
) -> Iterator[tuple[Row[Any], str | None]]:
    """Each silent packet with what to do: start, close (its journal), the code of an alarm, or nothing (None)."""
    parameters = {
        "packet_id": packet_id,
        "now": now,
        "quiet_seconds": QUIET.total_seconds(),
        "limit": MAX_PACKETS,
        "channels": list(channels()),
    }
    with UnitOfWork(engine, every_client=True) as uow:
        packets = uow.all(
            sql("actions/start_again/packets"),
            parameters | {"touched": sorted(TOUCHED), "prepare_steps": list(PREPARE_STEPS)},
        )
    paused = airflow.is_paused(DAG) if packets else False
    for packet in packets:
        yield packet, _verdict(airflow, packet, now, paused=paused)


def _verdict(airflow: Airflow, packet: Row[Any], now: datetime, *, paused: bool) -> str | None:
    run = airflow.run(DAG, packet.run_id) if packet.run_id else None
    if run is not None and run.state not in {"success", "failed"}:
        return "dag_paused" if paused and packet.on_its_way else None
    if run is not None and run.ended_at is not None and run.ended_at > now - QUIET:
        return None  # its tasks may still be writing
    if not packet.on_its_way:
        return "close"  # a dead lane still counts as running; the packet's own state is final
    return _verdict_after_run(packet, failed=run is not None and run.state == "failed")


def _verdict_after_run(packet: Row[Any], *, failed: bool) -> str | None:
    # The run failed but its packet is not stopped: no step did that, so a person ended it. Only settling may go on by itself.
    if failed and not _only_to_settle(packet):
        return "run_failed"
    if packet.calls_open:
        return None  # the sweep closes them when their leases end; only then is it known what is ready
    if packet.idle_starts >= MAX_STARTS and not packet.moved and not packet.waited:
        return "starts_in_vain"
    return "start"


def _only_to_settle(packet: Row[Any]) -> bool:
    """Whether a run would send nothing: every prepare step has succeeded, and nothing is ready."""
    return bool(packet.touched) and packet.ready == 0 and packet.steps_done == len(PREPARE_STEPS)


def _promise(engine: Engine, packet: Row[Any]) -> bool:
    """Promise a new run, in one transaction. False when another process was first."""
    start = Start(
        packet.packet_id,
        packet.client_id,
        packet.revision,
        prepared=packet.state == PacketState.SENDING and packet.steps_done == len(PREPARE_STEPS),
        steps_done=packet.steps_done,
        ready=packet.ready,
        moved=packet.moved or packet.waited,
    )
    with UnitOfWork(engine, every_client=True) as uow:
        if not uow.all(
            sql("actions/start_again/lock"), {"packet_id": packet.packet_id, "run_id": packet.run_id}
        ):
            return False
        uow.execute(sql("actions/start_again/close_journal"), {"packet_id": packet.packet_id})
        number = promise_runs(uow, [start])[packet.packet_id]
        uow.commit()
    write = log.info if packet.waited else log.warning
    write("packet_started_again", packet_id=str(packet.packet_id), start=number, ready=packet.ready)
    return True


def _close_journal(engine: Engine, packet: Row[Any]) -> None:
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/start_again/close_journal"), {"packet_id": packet.packet_id})
        uow.commit()


def _alarm(engine: Engine, packet: Row[Any], code: str) -> None:
    who = {"packet_id": packet.packet_id, "client_id": packet.client_id}
    if code != "dag_paused":  # its tasks may still be running
        _close_journal(engine, packet)  # before the alarm, since later activity clears it
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(sql("actions/start_again/alarm"), who | {"code": code, "cases": packet.ready})
        uow.commit()
    log.error("packet_stands_still", packet_id=str(packet.packet_id), code=code, ready=packet.ready)


def _drop_stale_alarms(engine: Engine, checked: list[UUID], alarms: dict[UUID, str]) -> None:
    """Delete the alarms that no longer hold."""
    with UnitOfWork(engine, every_client=True) as uow:
        quiet = [packet_id for packet_id in checked if packet_id not in alarms]
        for code in RAISED:
            others = [packet_id for packet_id, raised in alarms.items() if raised != code]
            uow.execute(
                sql("actions/start_again/drop_stale_alarms"), {"code": code, "packet_ids": [*quiet, *others]}
            )
        uow.commit()
