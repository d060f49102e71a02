"""`packetboat bench latency`: a packet of 1,000 rows from upload to the last accepted message, against a chain of empty Airflow tasks."""

import json
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import click
from rich.console import Console
from sqlalchemy import text

from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.cli.bench.rows import write_file
from pipelines.cli.bench.setting import BenchClient, accept, bench_client, bench_system, machine
from pipelines.cli.options import as_json
from pipelines.cli.tell import tell
from pipelines.cli.watch import problem_of, wait_for
from pipelines.launcher.services import ALL
from pipelines.launcher.system import System
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork

RUNS = 5
ROWS = 1_000
MAX_SECONDS = 120.0
EMPTY_CHAIN = PROJECT / "tests" / "bench_dags"
LAST_ACCEPTED = text(
    "select max(recorded_at) from provider_call where packet_id = :packet_id and state = 'accepted'"
)


@click.command()
@as_json
def latency(as_json: bool) -> None:
    """1,000 rows through Airflow, against a chain of empty tasks.

    Five packets and five chains, alternating, on a running system; one of each before that does not count.
    """
    with (
        bench_system("latency", ALL, extra_dag_folders=(EMPTY_CHAIN,)) as system,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = Path(folder) / "thousand.csv"
        write_file(path, ROWS, date.today())  # noqa: DTZ011 - the appointments only have to lie ahead
        client = bench_client(system, "sms")
        runs = [(chain(system), packet(system, client, path)) for _ in range(RUNS + 1)][1:]
    chains, packets = ([round(seconds, 2) for seconds in column] for column in zip(*runs, strict=True))
    report = {
        "bench": "latency",
        "machine": machine(),
        "rows": ROWS,
        "empty_chain_seconds": chains,
        "packet_seconds": packets,
        "p50_packet_seconds": statistics.median(packets),
        "ratio": {
            "packet_over_empty_chain": round(statistics.median(packets) / statistics.median(chains), 2)
        },
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        Console().print_json(data=report)


def chain(system: System) -> float:
    """Seconds from triggering seven empty tasks until the last has ended, by Airflow's clock."""
    airflow = system.packetboat.airflow()
    run_id = f"bench-{uuid4()}"
    began = datetime.now(UTC)
    airflow.trigger_run("empty_chain", run_id, {})
    deadline = time.monotonic() + MAX_SECONDS
    while airflow.run_state("empty_chain", run_id) not in {"success", "failed"}:
        if time.monotonic() > deadline:
            raise SystemExit("The empty chain did not end: look at Airflow's logs.")
        time.sleep(0.2)
    ends = [task.ended_at for task in airflow.task_instances("empty_chain", run_id) if task.ended_at]
    return (max(ends) - began).total_seconds()


def packet(system: System, client: BenchClient, path: Path) -> float:
    """Seconds from submitting the file until the provider accepted its last message."""
    boat = system.packetboat
    began = datetime.now(UTC)
    packet_id: UUID = accept(system, client, path)
    relay_outbox(boat.engine("app"), boat.airflow(), packet_id=packet_id)
    page = wait_for(boat.engine("app"), packet_id, time.monotonic() + MAX_SECONDS)
    if (problem := problem_of(page.packet)) or page.balance is None or page.balance.rows("sent") != ROWS:
        raise SystemExit(
            tell(problem) if problem else "Not every message was sent: the figure would be worthless."
        )
    with UnitOfWork(boat.engine("app"), client.client_id) as uow:
        last: datetime = uow.scalar(LAST_ACCEPTED, {"packet_id": packet_id})
    return (last - began).total_seconds()
