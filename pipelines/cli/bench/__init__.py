"""`packetboat bench`: the figures that Packetboat claims, measured as ratios inside one run."""

import click

from pipelines.cli.bench.dispatch import dispatch
from pipelines.cli.bench.latency import latency
from pipelines.cli.bench.prepare import prepare


@click.group()
def bench() -> None:
    """Measure. Each command starts what it needs in a home of its own and prints what it found; --json for programs."""


for command in (prepare, latency, dispatch):
    bench.add_command(command)
