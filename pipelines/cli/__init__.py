"""`packetboat` on the command line.

Exit codes: 0 all is well; 1 something failed, with a sentence on standard error; 2 wrong usage; 3 the packet was refused or stopped.
"""

import sys

import click

from pipelines.cli.bench import bench
from pipelines.cli.database import db
from pipelines.cli.demo import demo
from pipelines.cli.doctor import doctor
from pipelines.cli.feeds import feed
from pipelines.cli.packets import packet
from pipelines.cli.sandbox import sandbox
from pipelines.cli.up import up
from pipelines.errors import PacketboatError, PacketRefused


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="packetboat")
def packetboat() -> None:
    """Data packets in, one message per person out.

    `packetboat demo` shows it all on a sample; `packetboat up` starts everything and stays; `packetboat packet send FILE` sends a file.
    Settings come from the environment (PACKETBOAT_…) or from .env; `packetboat doctor` explains them.
    """


for command in (up, demo, doctor, db, packet, feed, sandbox, bench):
    packetboat.add_command(command)


def main() -> None:
    """The entry point: an error of ours becomes its sentence, never a stack trace."""
    try:
        packetboat()
    except PacketboatError as error:
        click.echo(f"packetboat: {error.sentence}", err=True)
        sys.exit(3 if isinstance(error, PacketRefused) else 1)
