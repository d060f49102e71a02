"""`packetboat db`: bring the database to the newest tables, and check that code and database agree."""

import sys

import click

from pipelines.bootstrap import packetboat
from pipelines.store import migrate
from pipelines.store.provision import provision


@click.group()
def db() -> None:
    """The database: migrate it, check it."""


@db.command()
def upgrade() -> None:
    """Make roles and databases where missing, and run the migrations that are new."""
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
