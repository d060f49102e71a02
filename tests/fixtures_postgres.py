"""One embedded PostgreSQL for a whole test session, shared by the workers of pytest-xdist and stopped by the last of them; and servers of single tests."""

import fcntl
import os
import random
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import Engine

from pipelines.store import migrate
from pipelines.store.engine import Role, engine, role_url
from pipelines.store.postgres import EmbeddedPostgres, Server
from pipelines.store.provision import provision
from tests.conftest import SECRETS

SESSION = uuid.uuid4().hex
# Below the ports that the system gives to connections: one of those would take the port of a server that is down for a moment.
OWN_PORTS = range(20_000, 30_000)


def _sessions() -> Path:
    """A folder of our own below the temporary one: pytest's is closed to the account that runs PostgreSQL for root."""
    folder = Path(tempfile.gettempdir()) / f"packetboat-tests-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _locked(home: Path) -> Iterator[Path]:
    """The folder that names the processes using the server, while nobody else looks at it."""
    users = home / "users"
    users.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield users


def _clear_if_unused(home: Path) -> None:
    """Stop and delete the server of a session of which no process is left, also one that was killed."""
    with _locked(home) as users:
        living = [user for user in users.iterdir() if psutil.pid_exists(int(user.name))]
        if not living:
            EmbeddedPostgres(home).stop()
            shutil.rmtree(home)
            home.with_suffix(".lock").unlink()


def _without_waiting_for_the_disk(server: Server) -> None:
    """What this server holds is deleted with it. Tests that kill PostgreSQL or fill its disk have a server of their own (`postgres_home`)."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("alter system set fsync = off")
        admin.execute("select pg_reload_conf()")


@contextmanager
def keep_server(session: str) -> Iterator[Server]:
    """The server of a session, which lives at least as long as this block."""
    for left_over in _sessions().glob("*/users"):
        _clear_if_unused(left_over.parent)
    home = _sessions() / session
    with _locked(home) as users:
        (users / str(os.getpid())).touch()
        server = EmbeddedPostgres(home, port=15499).start()
        _without_waiting_for_the_disk(server)
    try:
        yield server
    finally:
        (home / "users" / str(os.getpid())).unlink()
        _clear_if_unused(home)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server itself, with `.url(database)` and `.dsn(database)`. Databases on it are shared by the workers of this session."""
    with keep_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", SESSION)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> str:
    """The superuser's DSN (psycopg's `postgresql://…`) of the session's server, database `postgres`."""
    return postgres_server.dsn()


@pytest.fixture
def postgres_home() -> Iterator[Path]:
    """An empty home whose PostgreSQL a test may start and kill; stopped and deleted afterwards."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=_sessions()))
    home.chmod(0o755)
    yield home
    EmbeddedPostgres(home).stop()
    shutil.rmtree(home)


class OwnServer(EmbeddedPostgres):
    """A server of one test alone, with a migrated database; the test may stop it, kill it and start it again."""

    def __init__(self, home: Path) -> None:
        """Start it in an empty home, on a free port that no other test is likely to take while the server is down."""
        super().__init__(home, port=random.choice(OWN_PORTS))
        server = self.start()
        provision(server.dsn(), SECRETS)
        migrate.upgrade(self.engine("owner"))

    def engine(self, role: Role) -> Engine:
        """Connections of `role`. They follow the server through a restart, which keeps its port."""
        server = self.running()
        assert server, "the server is down"
        return engine(role_url(server.url(), role, SECRETS))

    def kill(self) -> None:
        """It dies at once, as in a power cut."""
        server = self.running()
        assert server, "the server is down"
        os.kill(server.pid, signal.SIGKILL)


@pytest.fixture
def own_server(postgres_home: Path) -> OwnServer:
    return OwnServer(postgres_home)
