"""`packetboat person`: log-ins of the portal."""

import subprocess
import sys

import click

from pipelines.actions.accounts.find import client_by_slug
from pipelines.cli.exits import FAILED
from pipelines.cli.log_ins import make_log_in
from pipelines.cli.options import optional_client
from pipelines.cli.running import running

ROLES = ("client", "support", "Admin")


@click.group()
def person() -> None:
    """People who log in to the portal."""


@person.command()
@click.argument("email")
@optional_client("required for the role client, and only for it")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="client",
    show_default=True,
    help="client sees its own packets, support those of every client, Admin may do everything.",
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; otherwise it is asked for."
)
def add(email: str, client: str | None, role: str, password_stdin: bool) -> None:
    """Let the person with this EMAIL log in.

    EMAIL is also the user name. An existing log-in gets the password, the role and the client.
    """
    if (role == "client") != (client is not None):
        raise click.UsageError("--client is required for the role client, and only for it.")
    boat = running()
    if client:
        client_by_slug(boat.engine("app"), client)
    password = _password(from_stdin=password_stdin)
    try:
        make_log_in(boat, email, role, password, client, email=email)
    except subprocess.CalledProcessError:
        sys.exit(FAILED)  # the portal's command has said why
    click.echo(f"{email} can log in to the portal.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\n")
    else:
        given = str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if not given:
        raise click.UsageError("The password is empty.")
    return given
