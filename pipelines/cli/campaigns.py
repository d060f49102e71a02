"""`packetboat campaign`: import and export campaigns as files that people write, list them, show one."""

import json
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from sqlalchemy import Engine

from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.actions.campaigns.check_campaign import campaign_mistakes
from pipelines.actions.campaigns.save_campaign import Saved, save_campaign
from pipelines.channels.senders import no_sender
from pipelines.cli.campaign_page import campaign_json, change_lines, show_page
from pipelines.cli.options import BY, as_json, client_argument, client_option, file_argument
from pipelines.cli.plain import visible
from pipelines.cli.running import running
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument
from pipelines.domain.campaign_file import read_campaign, write_campaign
from pipelines.errors import PacketboatError
from pipelines.language.vocabulary import Heading
from pipelines.reports.campaign import CurrentCampaign, campaigns
from pipelines.reports.senders import senders
from pipelines.store.unit_of_work import UnitOfWork

slug_argument = click.argument("slug")


class FileKept(PacketboatError):
    """The file to write to exists already."""


@click.group()
def campaign() -> None:
    """Campaigns: who gets which message, on which channel, until when."""


@campaign.command("import")
@file_argument
@client_option
@as_json
def import_file(file: Path, client: str, as_json: bool) -> None:
    """Create or update the campaign in FILE (YAML or JSON).

    Prints what changes; an update makes a new version. Packets in progress keep the version that they started with. An example to copy is
    pipelines/cli/sample_campaign.yaml.
    """
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    try:
        saved, document = _save(engine, client_id, file)
    except CampaignInvalid as invalid:
        _show_mistakes(file, invalid, as_json)
        raise PacketboatError("campaign_file_refused", file=file.name, n=len(invalid.mistakes)) from None
    _warn_without_sender(engine, client, document)
    if as_json:
        changes = [asdict(change) for change in saved.changes]
        click.echo(json.dumps({"campaign": document.slug, "version": saved.version, "changes": changes}))
        return
    for line in change_lines(saved.changes):
        click.echo(visible(line))
    click.echo(_outcome(saved, document.slug))


def _save(engine: Engine, client_id: UUID, file: Path) -> tuple[Saved, CampaignDocument]:
    """Raises CampaignInvalid, whose mistakes have line numbers."""
    campaign_file = read_campaign(file.read_bytes())
    if mistakes := campaign_mistakes(campaign_file.value):
        raise campaign_file.invalid(mistakes)
    document = campaign_file.document
    return save_campaign(engine, client_id, document, by=BY), document


def _warn_without_sender(engine: Engine, client: str, document: CampaignDocument) -> None:
    """Packets of the campaign are refused until the client has a sender for each of its channels."""
    with UnitOfWork(engine, every_client=True) as uow:
        sending = {one.channel for one in senders(uow) if (one.client, one.state) == (client, "active")}
    if missing := [name for name in Campaign.from_json(document.details).channels if name not in sending]:
        click.echo(tell(no_sender(missing, client)), err=True)


def _outcome(saved: Saved, slug: str) -> str:
    if not saved.changes:
        return f"The file is the same as version {saved.version} of {slug}, so nothing was changed."
    return f"{slug} is now at version {saved.version}."


def _show_mistakes(file: Path, invalid: CampaignInvalid, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(
                {"mistakes": [asdict(one) | {"sentence": tell(one.sentence)} for one in invalid.mistakes]}
            )
        )
        return
    for one in invalid.mistakes:
        place = f"{file.name}{f', line {one.line}' if one.line else ''}"
        click.echo(visible(f"{place}: {tell(one.sentence)}"), err=True)


@campaign.command()
@client_argument
@slug_argument
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Write JSON instead of YAML, as for a FILE that ends in .json."
)
def export(client: str, slug: str, file: Path | None, as_json: bool) -> None:
    """Write a campaign of CLIENT to FILE, or to standard output.

    `packetboat campaign import` reads the same campaign back.
    """
    now = _now(client, slug)
    text = write_campaign(now.document, as_json=as_json or (file is not None and file.suffix == ".json"))
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as stream:  # overwriting a file would lose people's comments
            stream.write(text)
    except FileExistsError:
        raise FileKept("file_there", file=str(file)) from None
    click.echo(f"Wrote version {now.version} to {file}.")


@campaign.command("list")
@as_json
def list_campaigns(as_json: bool) -> None:
    """List the campaigns of all clients."""
    with UnitOfWork(running().engine("app"), every_client=True) as uow:
        lines = campaigns(uow)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in lines], default=str))
        return
    listed = table(
        Heading.CLIENT, Heading.CAMPAIGN, Heading.NAME, Heading.STATE, Heading.VERSION, Heading.OF,
        unwrapped={Heading.CLIENT, Heading.CAMPAIGN},
    )  # fmt: skip
    for one in lines:
        listed.add_row(
            one.client,
            one.slug,
            one.name,
            one.state,
            str(one.version),
            when(one.changed_at),
        )
    Console().print(
        listed if lines else "There are no campaigns yet: packetboat campaign import FILE --client CLIENT"
    )


@campaign.command()
@client_argument
@slug_argument
@as_json
def show(client: str, slug: str, as_json: bool) -> None:
    """Show the columns that a campaign needs, its rules and its texts."""
    now = _now(client, slug)
    if as_json:
        click.echo(json.dumps(campaign_json(now), default=str))
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
