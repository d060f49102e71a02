"""The engines of this process: one per role, made on first use, so that a forked task never shares its parent's connections."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

Role = Literal["owner", "app", "worker"]


def role_url(server: URL, role: Role, secrets: dict[str, str], database: str = "packetboat") -> URL:
    """How `role` reaches our database on `server` (of which host, port and query are used)."""
    return server.set(
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
    """The engine for this address in this process; one of another `name` has connections of its own.

    A dead connection is noticed before it is used (P16).
    """
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=30,
        # An error text must not repeat the row that caused it (S2).
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "tcp_user_timeout": 5000, "application_name": name},
    )


def refusal(error: Exception) -> str:
    """Why a server was not reached, as the driver says it on its first line: with host, port and user, never a password."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return f"{str(said).strip().splitlines()[0].rstrip('.')}."
