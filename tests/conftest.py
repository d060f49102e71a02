"""What every test may use: a migrated database on a real PostgreSQL, and builders for clients, campaigns and packets."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
import structlog
from hypothesis import settings
from sqlalchemy import URL, Engine, make_url

from pipelines.store import migrate
from pipelines.store.engine import Role, engine, role_url
from pipelines.store.provision import Databases, provision

# A run that was started in the background ignores Ctrl-C, and so would every process that it starts and then interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests say which settings they use; those of a Packetboat that runs beside them do not count.
for name in [name for name in os.environ if name.startswith("PACKETBOAT_")]:
    del os.environ[name]

# How long an example takes says something about the machine, not about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

pytest_plugins = ["tests.fixtures_postgres", "tests.builders"]

# Roles belong to the whole server, which the workers of one test run share.
SECRETS = {
    name: f"only-for-tests-{name}"
    for name in ("db_owner", "db_app", "db_worker", "db_airflow", "address_key", "unsubscribe_key")
}


@dataclass(frozen=True)
class Database:
    """A migrated database of this test worker; `name` tells it from the others on the same server."""

    server: URL = field(repr=False)
    name: str
    secrets: dict[str, str] = field(repr=False)

    def engine(self, role: Role) -> Engine:
        return engine(role_url(self.server, role, self.secrets, self.name))


@pytest.fixture(autouse=True)
def logs_as_at_the_start() -> Iterator[None]:
    """A test that boots Packetboat configures the logs of this process; the next one begins without that."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def database(postgres: str) -> Database:
    """A fresh database with every migration. Tests share it: each makes its own client, and row-level security parts them."""
    return fresh_database(postgres, os.environ.get("PYTEST_XDIST_WORKER", "gw0"))


def fresh_database(postgres: str, suffix: str) -> Database:
    """A migrated database whose name ends like this. One that is left from before is dropped."""
    names = Databases(packetboat=f"packetboat_{suffix}", airflow=f"airflow_{suffix}")
    with psycopg.connect(postgres, autocommit=True) as admin:
        for name in (names.packetboat, names.airflow):
            admin.execute(f"drop database if exists {name} with (force)")
    provision(postgres, SECRETS, names)
    made = Database(make_url(postgres), names.packetboat, SECRETS)
    migrate.upgrade(made.engine("owner"))
    return made
