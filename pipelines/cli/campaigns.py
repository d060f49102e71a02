"""`packetboat campaign`: what is said to whom, kept in a file that people write."""

import json
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from rich.text import Text
from sqlalchemy import Engine

from pipelines.actions.check_campaign import campaign_mistakes
from pipelines.actions.find import campaign_by_slug, client_by_slug
from pipelines.actions.save_campaign import Saved, save_campaign
from pipelines.cli.campaign_page import change_lines, show_page, story
from pipelines.cli.packets import as_json, running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument
from pipelines.domain.campaign_file import read_campaign, write_campaign
from pipelines.errors import PacketboatError
from pipelines.language.vocabulary import Heading
from pipelines.reports.campaign import CurrentCampaign, campaigns
from pipelines.store.unit_of_work import UnitOfWork

client_name = click.argument("client")
slug_name = click.argument("slug")


class FileKept(PacketboatError):
    """The file to write to exists already."""


@click.group()
def campaign() -> None:
    """Campaigns: what is said to whom, on which channel, until when."""


@campaign.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--client", required=True, help="The client's short name.")
@as_json
def import_file(file: Path, client: str, as_json: bool) -> None:
    """Make the campaign of FILE (YAML or JSON), or a new version of it.

    Says what changes. Packets that are on their way keep the version that they came in with. An example to copy is
    pipelines/cli/sample_campaign.yaml.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    try:
        saved, said = _save(engine, client_id, file)
    except CampaignInvalid as invalid:
        _tell_mistakes(file, invalid, as_json)
        raise PacketboatError("campaign_file_refused", file=file.name, n=len(invalid.mistakes)) from None
    if as_json:
        changes = [asdict(change) for change in saved.changes]
        click.echo(json.dumps({"campaign": said.slug, "version": saved.version, "changes": changes}))
        return
    for line in change_lines(saved.changes):
        click.echo(line)
    click.echo(_outcome(saved, said.slug))


def _save(engine: Engine, client_id: UUID, file: Path) -> tuple[Saved, CampaignDocument]:
    """Raises CampaignInvalid, whose mistakes know their lines."""
    said = read_campaign(file.read_bytes())
    if wrong := campaign_mistakes(said.value):
        raise said.invalid(wrong)
    document = said.document
    return save_campaign(engine, client_id, document, by="command line"), document


def _outcome(saved: Saved, slug: str) -> str:
    if not saved.changes:
        return f"Nothing differs from version {saved.version} of {slug}, so nothing was changed."
    return f"{slug} is at version {saved.version} now."


def _tell_mistakes(file: Path, invalid: CampaignInvalid, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(
                {"mistakes": [asdict(one) | {"sentence": tell(one.sentence)} for one in invalid.mistakes]}
            )
        )
        return
    for one in invalid.mistakes:
        click.echo(f"{file.name}{f', line {one.line}' if one.line else ''}: {tell(one.sentence)}", err=True)


@campaign.command()
@client_name
@slug_name
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="JSON instead of YAML; so is a FILE that ends in .json."
)
def export(client: str, slug: str, file: Path | None, as_json: bool) -> None:
    """Write a campaign of CLIENT to FILE, or to standard output.

    `packetboat campaign import` reads it back to the same campaign.
    """
    now = _now(client, slug)
    written = write_campaign(now.document, as_json=as_json or (file is not None and file.suffix == ".json"))
    if file is None:
        click.echo(written, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as stream:  # what people wrote beside the values would be lost
            stream.write(written)
    except FileExistsError:
        raise FileKept("file_there", file=str(file)) from None
    click.echo(f"Wrote version {now.version} to {file}.")


@campaign.command("list")
@as_json
def list_campaigns(as_json: bool) -> None:
    """List the campaigns of all clients."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        found = campaigns(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str))
        return
    listed = table(
        Heading.CLIENT, Heading.CAMPAIGN, Heading.NAME, Heading.STATE, Heading.VERSION, Heading.OF,
        unwrapped={Heading.CLIENT, Heading.CAMPAIGN},
    )  # fmt: skip
    for one in found:
        listed.add_row(
            one.client,
            one.slug,
            Text(one.name),
            one.state,
            str(one.version),
            f"{one.changed_at:%Y-%m-%d %H:%M}",
        )
    Console().print(
        table if found else "There is no campaign yet: packetboat campaign import FILE --client CLIENT"
    )


@campaign.command()
@client_name
@slug_name
@as_json
def show(client: str, slug: str, as_json: bool) -> None:
    """Show what a campaign needs of a file, its rules and its texts."""
    now = _now(client, slug)
    if as_json:
        click.echo(json.dumps(story(now), default=str))
    else:
        show_page(now)


def _now(client: str, slug: str) -> CurrentCampaign:
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    campaign_by_slug(engine, client_id, slug)
    with UnitOfWork(engine, client_id) as uow:
        now = CurrentCampaign.read(uow, client_id, slug)
    assert now is not None
    return now
