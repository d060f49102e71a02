"""`packetboat db`: migrate the database, and check that it agrees with the code."""

import json
import subprocess
import sys
import tempfile

import click

from pipelines.bootstrap import packetboat_of
from pipelines.cli.exits import exit_needs_attention
from pipelines.cli.log_ins import ensure_support
from pipelines.events.epoch import begin_epoch
from pipelines.launcher.environment import airflow_database_url
from pipelines.launcher.pools import pools
from pipelines.launcher.preparation import write_passwords
from pipelines.launcher.services import airflow_command
from pipelines.settings import PROJECT, settings
from pipelines.store import migrate
from pipelines.store.provision import provision


@click.group()
def db() -> None:
    """The database: migrate it, check it."""


@db.command()
def upgrade() -> None:
    """Create missing roles and databases, and migrate the tables."""
    _upgrade()


def _upgrade() -> None:
    boat = packetboat_of(settings())
    provision(boat.server.set(drivername="postgresql").render_as_string(hide_password=False), boat.secrets)
    before = migrate.current(boat.engine("owner"))
    after = migrate.upgrade(boat.engine("owner"))
    click.echo(
        f"The database is at {after}."
        if before == after
        else f"Migrated the database from {before or 'empty'} to {after}."
    )


@db.command()
def check() -> None:
    """Compare the tables in the code with those in the database. Exit code 3 if they differ."""
    owner = packetboat_of(settings()).engine("owner")
    current, newest = migrate.current(owner), migrate.newest()
    if current != newest:
        click.echo(
            f"The database is at {current or 'empty'}, the code at {newest}. Run `packetboat db upgrade`.",
            err=True,
        )
        exit_needs_attention()
    differences = migrate.differences(owner)
    for difference in differences:
        click.echo(difference, err=True)
    if differences:
        click.echo(
            "`packetboat db upgrade` adds the columns of new fields; anything else needs a migration.",
            err=True,
        )
        exit_needs_attention()
    click.echo(f"Tables and migrations agree, at {current}.")


@db.command()
def prepare() -> None:
    """Prepare both databases on your own server.

    `packetboat up` does it automatically; use this if you start each process yourself.

    Airflow needs its AIRFLOW__… settings in the environment, as in docker-compose.yml.
    """
    _upgrade()
    boat = packetboat_of(settings())
    begin_epoch(boat.engine("worker"), boat.settings.home)
    write_passwords(boat.settings.home, boat.secrets)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(pools(), file)
        file.flush()
        for command in (
            (sys.executable, "-m", "webapp.upgrade"),
            airflow_command("db", "migrate"),
            airflow_command("pools", "import", file.name),
        ):
            subprocess.run(command, cwd=PROJECT, check=True)
    ensure_support(boat)


@db.command()
@click.argument("name")
def secret(name: str) -> None:
    """Print a generated secret, for Airflow's …_CMD settings.

    `airflow_url` is the address of Airflow's database.
    """
    boat = packetboat_of(settings())
    if name == "airflow_url":
        click.echo(airflow_database_url(boat.settings, boat.secrets).render_as_string(hide_password=False))
    elif name in boat.secrets:
        click.echo(boat.secrets[name])
    else:
        raise click.BadParameter(
            f"there is no secret {name!r}; choose from {', '.join(boat.secrets)} and airflow_url"
        )
