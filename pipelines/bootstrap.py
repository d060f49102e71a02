"""Puts the parts together for whoever starts a process: settings, secrets and engines."""

from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import URL, Engine, make_url

from pipelines import logs
from pipelines.errors import SettingsError
from pipelines.providers.airflow import Airflow
from pipelines.providers.carriers import secret_makers
from pipelines.settings import Settings, settings
from pipelines.store import secrets as secret_store
from pipelines.store.engine import Role, airflow_url, engine, role_url
from pipelines.store.postgres import EmbeddedPostgres

AIRFLOW_ACCOUNT = "packetboat"


@dataclass(frozen=True)
class Packetboat:
    """What every process of Packetboat works with. `server` is the address of the PostgreSQL server, without regard to the role."""

    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    server: URL = field(repr=False)
    database: str = "packetboat"

    def engine(self, role: Role, name: str = "packetboat") -> Engine:
        """The engine of this process for `role`; each `name` has its own pool of connections."""
        return engine(role_url(self.server, role, self.secrets, self.database), name)

    @property
    def airflow_url(self) -> str:
        """Where Airflow's API answers our programs."""
        return self.settings.airflow_url or f"http://{self.settings.host}:{self.settings.airflow_port}"

    @property
    def airflow_page(self) -> str:
        """Where people open Airflow in their browsers."""
        return self.settings.airflow_public_url or self.airflow_url

    @property
    def airflow_database(self) -> URL:
        """Airflow's own database, as Airflow's own role."""
        return airflow_url(self.server, self.secrets)

    def airflow(self) -> Airflow:
        """Airflow's API, as the service account that starts and clears runs."""
        return Airflow(self.airflow_url, AIRFLOW_ACCOUNT, self.secrets["airflow_service_password"])


@cache
def packetboat() -> Packetboat:
    """The Packetboat of an Airflow or portal process; configures its logs. Raises SettingsError."""
    logs.configure_or_join()
    return packetboat_of(settings())


def packetboat_of(chosen: Settings) -> Packetboat:
    """The Packetboat that these settings describe. Raises SettingsError when there is no database."""
    server = _server(chosen)
    return Packetboat(chosen, secrets_of(chosen), server)


def secrets_of(chosen: Settings) -> dict[str, str]:
    """Every generated secret, including those that providers declare. Raises SettingsError."""
    return secret_store.load_or_create(chosen.home, secret_makers())


def _server(chosen: Settings) -> URL:
    """The address of PostgreSQL: the server named in the settings, else the embedded one, which must be running."""
    if chosen.database_url is not None:
        return make_url(chosen.database_url.get_secret_value())
    embedded = EmbeddedPostgres(chosen.home, chosen.postgres_port).running()
    if embedded is None:
        raise SettingsError("postgres_not_running", home=str(chosen.home))
    return embedded.url()
