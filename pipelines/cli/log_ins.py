"""The portal's log-ins that Packetboat makes by itself. The portal is another program to us: Flask lives only there."""

import subprocess
import sys

from sqlalchemy import text

from pipelines.bootstrap import Packetboat
from pipelines.launcher.environment import process_environment
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork


def make_log_in(boat: Packetboat, user: str, role: str, password: str, client: str | None = None) -> None:
    """A log-in with this password; one of the role client belongs to the client of this slug."""
    command = [sys.executable, "-m", "webapp.create_user", "--password-stdin"]
    command += ["--role", role, "--username", user, *(["--client", client] if client else [])]
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
    """Somebody must be able to enter a new portal."""
    if "support" not in log_ins(boat):
        make_log_in(boat, "support", "support", boat.secrets["portal_support_password"])


def log_ins(boat: Packetboat) -> set[str]:
    """The names of all log-ins that there are."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        return {row.username for row in uow.all(text("select username from ab_user"))}
