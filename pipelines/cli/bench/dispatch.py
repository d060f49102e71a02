"""`packetboat bench dispatch`: two lanes with durable state per message, against a bare loop with the same client and sandbox."""

import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import click
import requests
from rich.console import Console
from sqlalchemy import make_url

from pipelines import logs, steps
from pipelines.channels.lanes import Lane
from pipelines.cli.bench.rows import write_file
from pipelines.cli.bench.setting import accept, bench_client, bench_system, machine
from pipelines.cli.bench.soak import work
from pipelines.cli.bench.soak.crew import FORKS, Forked
from pipelines.cli.options import as_json
from pipelines.domain.sending import Outgoing
from pipelines.launcher.services import SANDBOX
from pipelines.launcher.system import System
from pipelines.providers.carriers import carrier_named, sandbox_senders
from pipelines.providers.carriers.base import Carrier
from pipelines.settings import Settings
from pipelines.states import PREPARE_STEPS
from pipelines.steps.dispatch.lane import Pace
from pipelines.store.engine import engine
from pipelines.store.log_file import open_log

LANES = 2
PAIRS = 3
ROWS = {"sms": 6_000, "email": 100_000}
NO_CALLBACKS = [{"action": "callbacks_dropped"}]


@click.command()
@click.option(
    "--channel",
    type=click.Choice(sorted(ROWS)),
    required=True,
    help="sms sends one message per call, email 1,000.",
)
@click.option("--rows", type=int, help="Messages per run.  [default: 6,000 sms, 100,000 email]")
@click.option("--errands", is_flag=True, help="Beside the lanes, run all errands of `pulse` again and again.")
@as_json
def dispatch(channel: str, rows: int | None, errands: bool, as_json: bool) -> None:
    """Two lanes, against a bare loop with the same client.

    Both send the same number of messages, alternating, three times each. Prices, credit, a limit and consent are on. Airflow is not running,
    so neither is `pulse`, which would run once a minute; --errands does its work far more often.
    """
    rows = rows or ROWS[channel]
    with (
        bench_system(f"dispatch-{channel}", frozenset({SANDBOX})) as system,
        tempfile.TemporaryDirectory() as folder,
    ):
        # Callbacks would load the machine at unpredictable times.
        requests.post(
            f"{system.urls['sandbox']}/sandbox/faults", json=NO_CALLBACKS, timeout=10
        ).raise_for_status()
        pairs = [
            (bare(system, channel, rows), lanes(system, channel, rows, Path(folder), errands))
            for _ in range(PAIRS)
        ]
    report = {
        "bench": f"dispatch {channel}",
        "machine": machine(),
        "messages": rows,
        "lanes": LANES,
        "errands": errands,
        "bare_per_second": [round(rows / seconds) for seconds, _ in pairs],
        "dispatch_per_second": [round(rows / seconds) for _, seconds in pairs],
        "median_dispatch_per_second": round(rows / statistics.median(seconds for _, seconds in pairs)),
        "ratio": {
            "dispatch_over_bare_loop": round(
                statistics.median(bare_s / lane_s for bare_s, lane_s in pairs), 2
            )
        },
    }
    click.echo(json.dumps(report)) if as_json else _show(report)


def bare(system: System, channel: str, rows: int) -> float:
    """Seconds for `rows` messages through the provider's client alone, with as many processes and threads as the lanes."""
    return _in_parallel(system, _bare, [(channel, rows // LANES)] * LANES)


def lanes(system: System, channel: str, rows: int, folder: Path, errands: bool) -> float:
    """Seconds for the dispatch step of a prepared packet, all lanes in parallel, perhaps beside the errands.

    Raises SystemExit unless all messages were sent.
    """
    path = folder / f"{channel}.csv"
    write_file(path, rows, date.today())  # noqa: DTZ011 - the appointments only have to lie ahead
    packet_id = accept(system, bench_client(system, channel), path)
    boat = system.packetboat
    for step in PREPARE_STEPS:
        steps.run(step, packet_id, engine=boat.engine("worker"), settings=boat.settings, secrets=boat.secrets)
    with _errands(system) if errands else nullcontext():
        seconds = _in_parallel(system, _lane, [(channel, number + 1, packet_id) for number in range(LANES)])
    unsent = steps.ready_by_channel(boat.engine("worker"), packet_id)
    if unsent:
        raise SystemExit(f"{unsent} messages were not sent: the figure would be worthless.")
    return seconds


@contextmanager
def _errands(system: System) -> Iterator[None]:
    """Run the errands of `pulse` again and again, in a process of their own, which has begun when the block does."""
    url = system.database_url("worker").render_as_string(hide_password=False)
    process = Forked("pulse", work.pulse, (system.settings, system.secrets, url, FORKS.Value("d", 0.0)))
    process.begin()
    try:
        time.sleep(work.ROUND)
        yield
        if process.crashed:
            raise SystemExit("The errands did not run: the figure would be worthless.")
    finally:
        process.stop()


def _in_parallel(system: System, task: Callable[..., None], arguments: list[tuple[Any, ...]]) -> float:
    """Run `task` in separate processes that start together once all have finished their imports; seconds until the last ends."""
    context = multiprocessing.get_context("spawn")
    boat = system.packetboat
    url = system.database_url("worker").render_as_string(hide_password=False)
    pipes, processes = [], []
    for own in arguments:
        ours, theirs = context.Pipe()
        process = context.Process(target=task, args=(theirs, boat.settings, boat.secrets, url, *own))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()  # ready
    began = time.monotonic()
    for pipe in pipes:
        pipe.send("go")
    for pipe in pipes:
        pipe.recv()  # done
    seconds = time.monotonic() - began
    for process in processes:
        process.join()
    return seconds


def _lane(
    pipe: Connection,
    settings: Settings,
    secrets: dict[str, str],
    url: str,
    channel: str,
    number: int,
    packet_id: UUID,
) -> None:
    logs.configure(lambda: open_log(settings.home, "bench"))
    worker = engine(make_url(url))
    worker.connect().close()
    _carrier(channel, settings, secrets)[0].close()
    pipe.send("ready")
    pipe.recv()
    steps.run(
        "dispatch", packet_id, engine=worker, settings=settings, secrets=secrets, lane=Lane(channel, number)
    )
    pipe.send("done")


def _bare(
    pipe: Connection, settings: Settings, secrets: dict[str, str], _url: str, channel: str, messages: int
) -> None:
    logs.configure(lambda: open_log(settings.home, "bench"))
    carrier, sender = _carrier(channel, settings, secrets)
    size, callback_url = carrier.batch_size, f"{settings.callback_base}/hooks/{carrier.name}"
    text = "Hello Barbara, we see you on Tuesday, November 24 at 2:30 PM."
    calls = [
        [
            Outgoing(
                uuid4(),
                f"+1202555{number + place:04}" if channel == "sms" else f"p{number + place}@example.com",
                text,
                "Your appointment",
            )
            for place in range(min(size, messages - number))
        ]
        for number in range(0, messages, size)
    ]
    pipe.send("ready")
    pipe.recv()
    send = partial(carrier.send, channel=channel, sender=sender, callback_url=callback_url)
    with ThreadPoolExecutor(Pace.of(size).threads) as pool:
        list(pool.map(send, calls))
    pipe.send("done")


def _carrier(channel: str, settings: Settings, secrets: dict[str, str]) -> tuple[Carrier, str]:
    """The carrier of the channel at the sandbox, and its sender."""
    sender = next(sender for sender in sandbox_senders(settings) if sender.channel == channel)
    return carrier_named(sender.provider, settings, secrets), sender.address


def _show(report: dict[str, Any]) -> None:
    console = Console()
    console.print(f"bare loop  {report['bare_per_second']} messages/s", highlight=False)
    console.print(f"dispatch   {report['dispatch_per_second']} messages/s", highlight=False)
    console.print(f"ratio      {report['ratio']['dispatch_over_bare_loop']}", highlight=False)
