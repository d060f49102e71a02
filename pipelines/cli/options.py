"""The options and arguments that several commands share, so that they are the same everywhere.

A command about a client, or about a campaign of a client, has the argument CLIENT. Any other command that needs a client has `--client`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

BY = "command line"  # who did it, as people read it beside a pause, a version or a payment
CLIENT = "The client's short name"

client_argument = click.argument("client")
client_option = click.option("--client", required=True, help=f"{CLIENT}.")
campaign_option = click.option("--campaign", required=True, help="The campaign's short name.")
packet_id = click.argument("packet_id", metavar="ID", type=click.UUID)
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
reason_option = click.option("--reason", help="Why; shown to everybody who looks at it.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=600,
    show_default=True,
    help="How long to wait, in seconds.",
)


def optional_client(otherwise: str) -> Callable[[Command], Command]:
    """`--client` where it may be left out; `otherwise` completes the help."""
    return click.option("--client", help=f"{CLIENT}; {otherwise}.")
