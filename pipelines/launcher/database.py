"""The PostgreSQL server of a run: the embedded one, or one of the operator's own; with roles, databases and tables in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import URL, make_url

from pipelines.launcher.errors import LaunchFailed
from pipelines.launcher.run_file import Run
from pipelines.settings import Settings
from pipelines.store import migrate
from pipelines.store.engine import engine, refusal, role_url
from pipelines.store.postgres import EmbeddedPostgres, Server
from pipelines.store.postgres_server import is_postgres_of
from pipelines.store.provision import provision


@dataclass
class Database:
    """`server` is the address of somebody who may create roles and databases there."""

    server: URL = field(repr=False)
    embedded: EmbeddedPostgres | None = None
    running: Server | None = None
    ours_to_stop: bool = False

    @property
    def admin_dsn(self) -> str:
        return self.server.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def server_without_password(self) -> str:
        """What child processes are told; each role's password is in the secrets."""
        address = self.server.set(username=None, password=None) if self.embedded else self.server
        return address.render_as_string(hide_password=False)

    def keep_alive(self) -> None:
        """Start the embedded server again if it died.

        Raises SettingsError or OSError when it does not come up now, and LaunchFailed when it comes back on another port.
        """
        if (
            self.embedded is None
            or self.running is None
            or is_postgres_of(self.running.pid, self.running.data)
        ):
            return
        port = self.running.port
        self.running = self.embedded.start()
        if self.running.port != port:
            raise LaunchFailed("postgres_port_lost", port=port)

    def stop(self) -> None:
        if self.embedded is not None and self.ours_to_stop:
            self.embedded.stop()


def open_database(settings: Settings, last_run: Run | None) -> Database:
    """The server, started if it is the embedded one. A server that ran before and is not from `last_run` stays up at the end."""
    if settings.database_url is not None:
        return Database(
            make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        )
    embedded = EmbeddedPostgres(settings.home, settings.postgres_port)
    somebody_elses = embedded.running() is not None and not (last_run and last_run.started_postgres)
    running = embedded.start()
    return Database(running.url(), embedded, running, ours_to_stop=not somebody_elses)


def bring_up_to_date(database: Database, secrets: Mapping[str, str]) -> None:
    """Roles, both databases, and the newest of our own tables. Raises LaunchFailed when the server does not let us."""
    try:
        provision(database.admin_dsn, dict(secrets))
    except psycopg.Error as error:
        raise LaunchFailed("postgres_not_prepared", reason=refusal(error)) from None
    migrate.upgrade(engine(role_url(database.server, "owner", dict(secrets))))
