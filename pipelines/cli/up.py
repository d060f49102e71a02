"""`packetboat up`: start everything, print addresses and log-ins, run until Ctrl-C."""

from collections.abc import Iterator

import click
from rich.console import Console

from pipelines.cli.log_ins import ensure_support, log_ins
from pipelines.cli.tell import tell
from pipelines.launcher.system import System, running_system
from pipelines.settings import settings


@click.command()
def up() -> None:
    """Start everything and keep it running until Ctrl-C."""
    console = Console()
    with running_system(settings(), console=console, words=tell) as system:
        ensure_support(system.packetboat)
        show_addresses(system, console)
        wait(system)


def show_addresses(system: System, console: Console, *, stays: bool = True) -> None:
    """Print the addresses and log-ins. The passwords were generated at the first start and are also in secrets.json."""
    console.print(
        "\n[bold]Packetboat is up.[/] Ctrl-C stops it.\n"
        if stays
        else "\nIt stops now. `packetboat up` starts it again, with the same log-ins:\n",
        highlight=False,
    )
    for line in _places(system):
        # Never wrapped, even on a narrow terminal, so that passwords can be copied.
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _places(system: System) -> Iterator[str]:
    urls, secrets, users = system.urls, system.secrets, log_ins(system.packetboat)
    yield f"Portal   {urls['portal']}"
    for user, secret in (("support", "portal_support_password"), ("clinic", "portal_client_password")):
        if user in users:
            yield f"         {user:<8} {secrets[secret]}"
    yield f"Inbox    {urls['sandbox']}  (what the sandbox's people received)"
    yield f"Airflow  {urls['airflow']}"
    yield f"         {'ops':<8} {secrets['airflow_ops_password']}"


def wait(system: System) -> None:
    """Wait until Ctrl-C, which is the normal way to stop."""
    try:
        system.wait()
    except KeyboardInterrupt:
        return
