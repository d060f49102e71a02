"""`packetboat bench prepare`: load to assemble, against a raw COPY of the same file into the same server."""

import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from datetime import date
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

import click
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from pipelines import logs, steps
from pipelines.cli.bench.rows import HEADER, write_file
from pipelines.cli.bench.setting import accept, bench_client, bench_system, machine
from pipelines.cli.options import as_json
from pipelines.launcher.system import System
from pipelines.settings import Settings
from pipelines.states import PREPARE_STEPS
from pipelines.store.engine import engine
from pipelines.store.log_file import open_log

RAW_RUNS = 3


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Rows of the file, one SMS each.")
@as_json
def prepare(rows: int, as_json: bool) -> None:
    """Prepare a packet, against a raw COPY of its file.

    Load, map, clean, check and assemble ROWS of 12 columns, each step in a separate process.
    """
    with bench_system("prepare", frozenset()) as system, tempfile.TemporaryDirectory() as folder:
        smaller = measure(system, Path(folder), max(1, rows // 10))
        full = measure(system, Path(folder), rows)
        raw = full["raw_copy_seconds"]
    report = {
        "bench": "prepare",
        "machine": machine(),
        **full,
        "tenth": smaller,
        "ratio": {
            "prepare_over_raw_copy": round(full["seconds"] / raw, 2),
            "peak_memory_over_that_of_a_tenth": round(full["peak_mib"] / smaller["peak_mib"], 2),
        },
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        _show(report)


def measure(system: System, folder: Path, rows: int) -> dict:  # type: ignore[type-arg] # a JSON document
    """One file of `rows`: seconds and peak memory of each step, and the median of three raw COPYs (seconds)."""
    path = folder / f"{rows}.csv"
    write_file(path, rows, date.today())  # noqa: DTZ011 - the appointments only have to lie ahead
    raw = [raw_copy(system, path) for _ in range(RAW_RUNS)]
    packet_id = accept(system, bench_client(system, "sms"), path)
    results = {step: run_apart(system, step, packet_id) for step in PREPARE_STEPS}
    path.unlink()
    return {
        "rows": rows,
        "raw_copy_seconds": round(statistics.median(raw), 3),
        "seconds": round(sum(step["seconds"] for step in results.values()), 3),
        "peak_mib": max(step["peak_mib"] for step in results.values()),
        "steps": results,
    }


def raw_copy(system: System, path: Path) -> float:
    """Seconds for COPY of the file's bytes into a new table of 12 text columns: no load can be faster."""
    dsn = system.server.set(drivername="postgresql", database="packetboat").render_as_string(
        hide_password=False
    )
    columns = ", ".join(f"c{number} text" for number in range(len(HEADER)))
    with psycopg.connect(dsn) as connection:
        connection.execute(f"create table public.raw_copy ({columns})")
        connection.commit()
        began = time.monotonic()
        with (
            path.open("rb") as file,
            connection.cursor().copy("copy public.raw_copy from stdin (format csv, header)") as copy,
        ):
            while piece := file.read(1 << 16):
                copy.write(piece)
        connection.commit()
        seconds = time.monotonic() - began
        connection.execute("drop table public.raw_copy")
    return seconds


def run_apart(system: System, step: str, packet_id: UUID) -> dict[str, float]:
    """Run one step in a new process, as Airflow would; its seconds without imports, and its peak resident memory."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    boat = system.packetboat
    process = context.Process(
        target=_run,
        args=(
            theirs,
            step,
            packet_id,
            boat.settings,
            boat.secrets,
            str(system.database_url("worker").render_as_string(hide_password=False)),
        ),
    )
    began = time.monotonic()
    process.start()
    theirs.close()
    try:
        result: dict[str, float] = ours.recv()
    except EOFError:
        raise SystemExit(f"The step {step} failed; its journal says why.") from None
    process.join()
    return result | {"process_seconds": round(time.monotonic() - began, 3)}


def _run(
    pipe: Connection, step: str, packet_id: UUID, settings: Settings, secrets: dict[str, str], url: str
) -> None:
    logs.configure(lambda: open_log(settings.home, "bench"))
    import_module(f"pipelines.steps.{step}")  # as the parent process of Airflow's tasks has done
    began = time.monotonic()
    result = steps.run(step, packet_id, engine=engine(make_url(url)), settings=settings, secrets=secrets)
    peak = peak_bytes() / 1024**2
    pipe.send(
        {
            "seconds": round(time.monotonic() - began, 3),
            "peak_mib": round(peak, 1),
            "rows_in": result.rows_in,
            "rows_out": result.rows_out,
            "rows_held": result.rows_held,
        }
    )


def peak_bytes() -> int:
    """The peak resident memory of this process. On Linux, getrusage would include the parent's memory before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _show(report: dict) -> None:  # type: ignore[type-arg] # a JSON document
    table = Table("Step", "Seconds", "Peak MiB", "In", "Out", "Held", box=None, padding=(0, 2, 0, 0))
    for name, step in report["steps"].items():
        table.add_row(
            name,
            f"{step['seconds']:.2f}",
            f"{step['peak_mib']:.0f}",
            *(f"{step[k]:,}" for k in ("rows_in", "rows_out", "rows_held")),
        )
    table.add_row("all", f"{report['seconds']:.2f}", f"{report['peak_mib']:.0f}")
    table.add_row("raw COPY", f"{report['raw_copy_seconds']:.2f}")
    console = Console()
    console.print(table)
    for name, value in report["ratio"].items():
        console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
