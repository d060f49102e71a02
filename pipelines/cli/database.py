"""`packetboat db`: bring the database to the newest tables, and check that code and database agree."""

import json
import subprocess
import sys
import tempfile

import click

from pipelines.bootstrap import packetboat
from pipelines.launcher.environment import airflow_database_url
from pipelines.launcher.preparation import POOLS, write_passwords
from pipelines.launcher.services import airflow_command
from pipelines.settings import PROJECT
from pipelines.store import migrate
from pipelines.store.provision import provision


@click.group()
def db() -> None:
    """The database: migrate it, check it."""


@db.command()
def upgrade() -> None:
    """Make roles and databases where missing, and run the migrations that are new."""
    _upgrade()


def _upgrade() -> None:
    boat = packetboat()
    provision(boat.server.set(drivername="postgresql").render_as_string(hide_password=False), boat.secrets)
    before = migrate.current(boat.engine("owner"))
    after = migrate.upgrade(boat.engine("owner"))
    click.echo(
        f"The database is at {after}."
        if before == after
        else f"Moved the database from {before or 'empty'} to {after}."
    )


@db.command()
def check() -> None:
    """Compare the tables in the code with those in the database. Exit code 1 when they differ."""
    owner = packetboat().engine("owner")
    current, newest = migrate.current(owner), migrate.newest()
    if current != newest:
        click.echo(
            f"The database is at {current or 'empty'}, the code at {newest}. Run `packetboat db upgrade`.",
            err=True,
        )
        sys.exit(1)
    differences = migrate.differences(owner)
    for difference in differences:
        click.echo(difference, err=True)
    if differences:
        sys.exit(1)
    click.echo(f"Tables and migrations agree, at {current}.")


@db.command()
def prepare() -> None:
    """Put into both databases what must be there before anything starts. For servers of one's own; `packetboat up` does it by itself.

    Airflow's part needs its AIRFLOW__… settings in the environment, as docker-compose.yml has them.
    """
    _upgrade()
    boat = packetboat()
    write_passwords(boat.settings.home, boat.secrets)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as pools:
        json.dump(POOLS, pools)
        pools.flush()
        for command in (
            (sys.executable, "-m", "webapp.upgrade"),
            airflow_command("db", "migrate"),
            airflow_command("pools", "import", pools.name),
        ):
            subprocess.run(command, cwd=PROJECT, check=True)


@db.command()
@click.argument("name")
def secret(name: str) -> None:
    """Print one of the generated secrets, or `airflow_url`, the address of Airflow's database: for Airflow's …_CMD settings."""
    boat = packetboat()
    if name == "airflow_url":
        click.echo(airflow_database_url(boat.settings, boat.secrets).render_as_string(hide_password=False))
    elif name in boat.secrets:
        click.echo(boat.secrets[name])
    else:
        raise click.BadParameter(
            f"there is no secret {name!r}; there are {', '.join(boat.secrets)} and airflow_url"
        )
