"""`packetboat up`: start everything, say where it is and how to log in, stay until Ctrl-C."""

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from pipelines.launcher.system import System, running_system
from pipelines.settings import settings


@click.command()
def up() -> None:
    """Start PostgreSQL, Airflow, the portal and the sandbox, and stay until Ctrl-C, which ends all of them."""
    console = Console()
    with running_system(settings(), console=console) as system:
        tell_where(system, console)
        wait(system)


def tell_where(system: System, console: Console) -> None:
    """The addresses and the log-ins. The passwords were made at the first start and are in secrets.json as well."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for _ in range(4):
        table.add_column(no_wrap=True, overflow="ignore")  # half a password is none
    secrets, urls = system.secrets, system.urls
    table.add_row("Portal", urls["portal"], "support", secrets["portal_support_password"])
    table.add_row("", "", "clinic", secrets["portal_client_password"])
    table.add_row("Inbox of the sandbox", urls["sandbox"], "", "")
    table.add_row("Airflow", urls["airflow"], "ops", secrets["airflow_ops_password"])
    console.print(Panel(table, title="Packetboat is up", subtitle="Ctrl-C ends it", expand=False), crop=False)


def wait(system: System) -> None:
    """Until Ctrl-C, which is the way to end and no error."""
    try:
        system.wait()
    except KeyboardInterrupt:
        return
