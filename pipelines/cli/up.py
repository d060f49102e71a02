"""`packetboat up`: start everything, say where it is and how to log in, stay until Ctrl-C."""

from collections.abc import Iterator

import click
from rich.console import Console

from pipelines.cli.log_ins import ensure_support, log_ins
from pipelines.cli.tell import tell
from pipelines.launcher.system import System, running_system
from pipelines.settings import settings


@click.command()
def up() -> None:
    """Start everything and stay until Ctrl-C, which ends all of it."""
    console = Console()
    with running_system(settings(), console=console, words=tell) as system:
        ensure_support(system.packetboat)
        tell_where(system, console)
        wait(system)


def tell_where(system: System, console: Console, *, stays: bool = True) -> None:
    """The addresses and the log-ins. The passwords were made at the first start and are in secrets.json as well."""
    console.print(
        "\n[bold]Packetboat is up.[/] Ctrl-C ends it.\n"
        if stays
        else "\nIt ends now. `packetboat up` brings it back, with the same log-ins:\n",
        highlight=False,
    )
    for line in _places(system):
        # As it is, on however narrow a terminal: half a password is none.
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _places(system: System) -> Iterator[str]:
    urls, secrets, known = system.urls, system.secrets, log_ins(system.packetboat)
    yield f"Portal   {urls['portal']}"
    for user, secret in (("support", "portal_support_password"), ("clinic", "portal_client_password")):
        if user in known:
            yield f"         {user:<8} {secrets[secret]}"
    yield f"Inbox    {urls['sandbox']}  (what the sandbox's people received)"
    yield f"Airflow  {urls['airflow']}"
    yield f"         {'ops':<8} {secrets['airflow_ops_password']}"


def wait(system: System) -> None:
    """Until Ctrl-C, which is the way to end and no error."""
    try:
        system.wait()
    except KeyboardInterrupt:
        return
