"""`packetboat bench`: measures the figures that Packetboat claims, as ratios within one run."""

import click

from pipelines.cli.bench.callbacks import callbacks
from pipelines.cli.bench.chaos import chaos
from pipelines.cli.bench.dispatch import dispatch
from pipelines.cli.bench.latency import latency
from pipelines.cli.bench.prepare import prepare


@click.group()
def bench() -> None:
    """Benchmarks. Each command starts what it needs in a separate home and prints its results."""


for command in (prepare, latency, dispatch, callbacks, chaos):
    bench.add_command(command)
