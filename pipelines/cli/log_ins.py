"""The portal log-ins that Packetboat creates. It runs the portal's own command, because Flask is used only in the portal."""

import subprocess
import sys

from sqlalchemy import text

from pipelines.bootstrap import Packetboat
from pipelines.launcher.environment import process_environment
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork


def make_log_in(
    boat: Packetboat,
    user: str,
    role: str,
    password: str,
    client: str | None = None,
    *,
    email: str | None = None,
) -> None:
    """Create a log-in with this password; one with the role client belongs to the client with this slug.

    Raises CalledProcessError when the portal's command refuses it; the reason is then on standard error.
    """
    command = [sys.executable, "-m", "webapp.create_user", "--password-stdin"]
    command += ["--role", role, "--username", user, *(["--client", client] if client else [])]
    command += ["--email", email] if email else []
    subprocess.run(
        command,
        input=password,
        text=True,
        cwd=PROJECT,
        env=process_environment(boat.settings),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def ensure_support(boat: Packetboat) -> None:
    """Create the support log-in if missing: somebody must be able to log in to a new portal."""
    if "support" not in log_ins(boat):
        make_log_in(boat, "support", "support", boat.secrets["portal_support_password"])


def log_ins(boat: Packetboat) -> set[str]:
    """The names of all log-ins."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        return {row.username for row in uow.all(text("select username from ab_user"))}
