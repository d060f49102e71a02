"""Prepares the databases before anything starts: both sets of tables, Airflow's pools and DAGs, the portal's roles.

Each errand is recorded with what it depends on; later starts skip it until that changes.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import psycopg

from pipelines.language import Sentence
from pipelines.launcher.child import Child
from pipelines.launcher.environment import AIRFLOW_USERS
from pipelines.launcher.pools import pools
from pipelines.launcher.services import airflow_command
from pipelines.launcher.supervisor import Supervisor
from pipelines.settings import PROJECT
from pipelines.store import migrate
from pipelines.store.whole_file import replace_file


class Errands:
    """The errands done for this home, by name, with what they depended on (`prepared.json`)."""

    def __init__(self, home: Path) -> None:
        self._file = home / "prepared.json"
        try:
            self._done: dict[str, str] = json.loads(self._file.read_text())
        except (FileNotFoundError, ValueError):
            self._done = {}

    def needed(self, name: str, depends_on: str) -> bool:
        return self._done.get(name) != depends_on

    def done(self, name: str, depends_on: str) -> None:
        self._done[name] = depends_on
        replace_file(self._file, json.dumps(self._done, indent=2))


def prepare_airflow(
    supervisor: Supervisor,
    errands: Errands,
    environment: Mapping[str, str],
    database: str,
    folders: Iterable[Path],
) -> None:
    """Airflow's tables, then its pools and DAGs in parallel. `database` identifies Airflow's database."""
    tables = f"{version('apache-airflow-core')} {database}"
    if errands.needed("airflow tables", tables):
        command = airflow_command("db", "migrate")
        supervisor.finish(
            supervisor.begin("airflow db", command, environment), Sentence("errand_airflow_tables")
        )
        errands.done("airflow tables", tables)
    pools_file = supervisor.home / "airflow" / "pools.json"
    pool_definitions = json.dumps(pools())
    pools_file.write_text(pool_definitions)
    commands = {
        "airflow pools": (
            Sentence("errand_airflow_pools"),
            f"{tables} {pool_definitions}",
            ("pools", "import", str(pools_file)),
        ),
        "airflow dags": (
            Sentence("errand_airflow_dags"),
            f"{tables} {digest(folders)}",
            ("dags", "reserialize"),
        ),
    }
    running: dict[str, Child] = {
        name: supervisor.begin(name, airflow_command(*arguments), environment)
        for name, (_, depends_on, arguments) in commands.items()
        if errands.needed(name, depends_on)
    }
    for name, child in running.items():
        errand, depends_on, _ = commands[name]
        supervisor.finish(child, errand)
        errands.done(name, depends_on)


def write_passwords(home: Path, secrets: Mapping[str, str]) -> None:
    """Write the passwords of Airflow's users to the file that its simple auth manager reads."""
    path = home / "airflow" / "passwords.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.chmod(0o600)
    passwords = dict(zip(AIRFLOW_USERS, ("airflow_ops_password", "airflow_service_password"), strict=True))
    path.write_text(json.dumps({user: secrets[name] for user, name in passwords.items()}) + "\n")


class PortalErrand:
    """The portal's own tables and roles, created by `python -m webapp.upgrade` while Airflow starts."""

    def __init__(
        self, supervisor: Supervisor, errands: Errands, environment: Mapping[str, str], database: str
    ) -> None:
        self._supervisor, self._errands = supervisor, errands
        self._key = f"{version('flask-appbuilder')} {database} {migrate.newest()} {digest([PROJECT / 'webapp', PROJECT / 'sql' / 'log_ins'])}"
        self._child: Child | None = None
        if errands.needed("portal", self._key):
            command = (sys.executable, "-m", "webapp.upgrade")
            self._child = supervisor.begin("portal upgrade", command, environment)

    def finish(self) -> None:
        if self._child is not None:
            self._supervisor.finish(self._child, Sentence("errand_portal"))
            self._errands.done("portal", self._key)


def digest(folders: Iterable[Path]) -> str:
    """One hash over the names and contents of the Python and SQL files below `folders`."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.sql"))):
            total.update(f"{path.relative_to(folder)}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def database_identity(admin_dsn: str, name: str) -> str:
    """What distinguishes this database from others of the same name: the identifiers of the cluster and of the database."""
    with psycopg.connect(admin_dsn) as admin:
        row = admin.execute(
            "select system_identifier, (select oid from pg_database where datname = %s) from pg_control_system()",
            [name],
        ).fetchone()
    assert row is not None
    return f"{row[0]}.{row[1]}"
