"""The engines of this process: one per role, created on first use, so that a forked task does not share its parent's connections."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from pipelines.store.address_key import session_options

Role = Literal["owner", "app", "worker"]


def role_url(server: URL, role: Role, secrets: dict[str, str], database: str = "packetboat") -> URL:
    """The address of our database for `role`; `server` gives host, port and query.

    It includes the key of the hashes of addresses (docs/decisions/0031), so treat it like a password.
    """
    given = server.query.get("options", ())
    options = " ".join(
        [*([given] if isinstance(given, str) else given), session_options(secrets["address_key"])]
    )
    return server.update_query_dict({"options": options}).set(
        drivername="postgresql+psycopg",
        username=f"packetboat_{role}",
        password=secrets[f"db_{role}"],
        database=database,
    )


def airflow_url(server: URL, secrets: Mapping[str, str]) -> URL:
    """Airflow's own database on `server`, as Airflow's own role."""
    return server.set(
        drivername="postgresql+psycopg",
        username="airflow",
        password=secrets["db_airflow"],
        database="airflow",
    )


@cache
def engine(url: URL, name: str = "packetboat") -> Engine:
    """The engine for this address in this process; each `name` has its own pool of connections.

    Dead connections are detected before they are used (P16).
    """
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=30,
        # Error messages must not quote the row that caused them (S2).
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "tcp_user_timeout": 5000, "application_name": name},
    )


def refusal(error: Exception) -> str:
    """Why the server refused or could not be reached: the first line of the driver's error, which never has the password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{str(cause).strip().splitlines()[0].rstrip('.')}."
