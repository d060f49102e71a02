"""The command line as a person uses it, with a real database; nothing else runs."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipelines import cli
from pipelines.actions.accounts.create_client import create_client
from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.cli.demo import CAMPAIGN, make_campaign
from pipelines.settings import Settings, settings
from pipelines.store import migrate
from pipelines.store.provision import provision
from tests.builders import Business, make_business
from tests.conftest import SECRETS
from tests.fixtures_sandbox import sandbox

__all__ = ["sandbox"]

UNUSED_PORT = "9"  # the port of "discard": nothing listens there


@dataclass(frozen=True)
class Done:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The error message: one line, with nothing on standard output."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("packetboat: ")
        return line.removeprefix("packetboat: ")


@pytest.fixture
def packetboat_in(monkeypatch, capsys):
    """Runs `packetboat …` with only these settings, 80 columns wide, in this process, because starting another takes seconds."""

    def run(environment, *arguments):
        for name in [name for name in os.environ if name.startswith("PACKETBOAT_")]:
            monkeypatch.delenv(name)
        for name, value in {"COLUMNS": "80", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["packetboat", *arguments])
        settings.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return Done(caught.value.code, *capsys.readouterr())

    yield run
    settings.cache_clear()


@pytest.fixture
def bare_shell(packetboat_in, tmp_path):
    """Runs commands on a home, `tmp_path / "home"`, where nothing was ever started."""
    home = {"PACKETBOAT_HOME": str(tmp_path / "home")}
    return lambda *arguments, **changes: packetboat_in(home | changes, *arguments)


@pytest.fixture(scope="session")
def boat(tmp_path_factory, database, postgres) -> Packetboat:
    """A home with a migrated database of the default name, shared by the workers of a test run."""
    home: Path = tmp_path_factory.mktemp("cli")
    (home / "secrets.json").write_text(json.dumps(SECRETS))
    (home / "secrets.json").chmod(0o600)
    chosen = Settings(_env_file=None, home=home)
    made = Packetboat(chosen, secrets_of(chosen), database.server)
    provision(postgres, made.secrets)
    migrate.upgrade(made.engine("owner"))
    return made


@pytest.fixture
def engine(boat) -> Engine:
    return boat.engine("worker")


@pytest.fixture
def firm(engine) -> Business:
    """A client in the database of `boat`; the fixture `business` is one in that of `database`."""
    return make_business(engine)


@pytest.fixture
def shell(packetboat_in, boat, postgres):
    """Runs commands on that home; Airflow, the portal and the sandbox are not running."""
    environment = {"PACKETBOAT_HOME": str(boat.settings.home), "PACKETBOAT_DATABASE_URL": postgres}
    environment |= {f"PACKETBOAT_{name}_PORT": UNUSED_PORT for name in ("PORTAL", "SANDBOX", "AIRFLOW")}
    return lambda *arguments, **changes: packetboat_in(environment | changes, *arguments)


@pytest.fixture(scope="session")
def clinic(boat) -> tuple[str, ...]:
    """The options that name a clinic and its campaign."""
    engine, slug = boat.engine("app"), f"clinic-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    make_campaign(engine, create_client(engine, boat.settings, slug=slug, name="Clinic", region="US"))
    return ("--client", slug, "--campaign", CAMPAIGN)
