"""`packetboat feed`: maps the columns of a feed's files to fields."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.actions.campaigns.map_feed import map_feed
from pipelines.cli.options import as_json, campaign_option, client_option, file_argument
from pipelines.cli.refusals import encoding_option, show_readings
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.domain.fields import BY_NAME
from pipelines.language.vocabulary import Heading
from pipelines.reading import EncodingUnsure, Hints, open_rows


@click.group()
def feed() -> None:
    """Feeds: how the columns of a client's files are read."""


def _pairs(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = dict[str, str]()
    for pair in values:
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not (name and equals and column):
            raise click.BadParameter(f"{pair!r} is not of the form FIELD=COLUMN, such as phone=Mobile")
        pairs[name] = column
    return pairs


def _header(file: Path, encoding: str | None) -> list[str]:
    try:
        with open_rows(file, hints=Hints(encoding)) as rows:
            return rows.header
    except EncodingUnsure as unsure:
        show_readings(unsure.readings)
        raise


@feed.command("map")
@file_argument
@client_option
@campaign_option
@click.option(
    "--field",
    "chosen",
    multiple=True,
    required=True,
    metavar="FIELD=COLUMN",
    callback=_pairs,
    help=f"Repeat it for each column that is not found automatically. Fields: {', '.join(BY_NAME)}.",
)
@encoding_option
@as_json
def map_columns(
    file: Path, client: str, campaign: str, chosen: dict[str, str], encoding: str | None, as_json: bool
) -> None:
    """Map the columns of FILE to fields.

    The mapping applies to all files with these columns; FILE itself is not sent.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    campaign_id = campaign_by_slug(engine, client_id, campaign)
    load_map = map_feed(engine, client_id, campaign_id, _header(file, encoding), chosen)
    if as_json:
        click.echo(json.dumps(asdict(load_map)))
        return
    listed = table(Heading.FIELD, Heading.COLUMN)
    for name, column in {**load_map.fields, **load_map.extras}.items():
        listed.add_row(name, column)
    Console().print(listed)
