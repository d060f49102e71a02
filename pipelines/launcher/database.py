"""The PostgreSQL server of a run, embedded or the operator's own, with its roles, databases and tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from pipelines.events.epoch import begin_epoch
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
    """`server` is the URL of a user who may create roles and databases."""

    server: URL = field(repr=False)
    embedded: EmbeddedPostgres | None = None
    running: Server | None = None
    ours_to_stop: bool = False

    @property
    def admin_dsn(self) -> str:
        return self.server.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def server_without_password(self) -> str:
        """The URL that child processes get; the secrets hold each role's password."""
        url = self.server.set(username=None, password=None) if self.embedded else self.server
        return url.render_as_string(hide_password=False)

    def keep_alive(self) -> None:
        """Restart the embedded server if it died.

        Raises SettingsError or OSError when it cannot start now, and LaunchFailed when it comes back on another port.
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
    """The server; an embedded one is started. One that was already running, but not from `last_run`, is not stopped at the end."""
    if settings.database_url is not None:
        return Database(
            make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        )
    embedded = EmbeddedPostgres(settings.home, settings.postgres_port)
    started_elsewhere = embedded.running() is not None and not (last_run and last_run.started_postgres)
    running = embedded.start()
    return Database(running.url(), embedded, running, ours_to_stop=not started_elsewhere)


def bring_up_to_date(database: Database, secrets: Mapping[str, str], home: Path) -> None:
    """Create the roles and both databases, migrate our own tables, and put everything on hold if they are restored ones.

    Raises LaunchFailed if the server refuses.
    """
    try:
        provision(database.admin_dsn, dict(secrets))
    except psycopg.Error as error:
        raise LaunchFailed("postgres_not_prepared", reason=refusal(error)) from None
    migrate.upgrade(engine(role_url(database.server, "owner", dict(secrets))))
    begin_epoch(engine(role_url(database.server, "worker", dict(secrets))), home)
