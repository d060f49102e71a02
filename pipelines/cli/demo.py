"""`packetboat demo`: sends a sample packet from start to end and shows its progress."""

import io
from datetime import date
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from sqlalchemy import Engine

from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.accounts.find import campaign_by_slug
from pipelines.actions.billing.book_payment import top_up
from pipelines.actions.billing.import_prices import import_prices
from pipelines.actions.campaigns.save_campaign import save_campaign
from pipelines.actions.packets.accept_packet import Receipt, Submission, accept_packet
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.sending.countries import allow_countries
from pipelines.cli import demo_story
from pipelines.cli.log_ins import ensure_support, make_log_in
from pipelines.cli.plain import plain
from pipelines.cli.price_file import read_prices
from pipelines.cli.proof import compare_books
from pipelines.cli.sample import OPTED_OUT_PHONES, sample_packet
from pipelines.cli.sandbox import main_part, require_sandbox
from pipelines.cli.tell import tell
from pipelines.cli.up import show_addresses, wait
from pipelines.consent.suppression import suppress_many
from pipelines.domain.campaign_file import read_campaign
from pipelines.domain.suppression import Reason
from pipelines.errors import NotFound
from pipelines.launcher.system import System, running_system
from pipelines.settings import settings
from pipelines.store.unit_of_work import UnitOfWork

CLIENT, CAMPAIGN = "clinic", "appointment-reminder"
SAMPLE_CAMPAIGN = Path(__file__).with_name("sample_campaign.yaml")
SAMPLE_PRICES = Path(__file__).with_name("sample_prices.yaml")
TEST_CREDIT = 1_000_000  # cents: enough for a few hundred demos


@click.command()
@click.option(
    "--once", is_flag=True, help="Exit when the packet is settled: 0 on success, else 1 with the reason."
)
def demo(once: bool) -> None:
    """Start everything and watch 1,000 appointments being sent. Ctrl-C stops it."""
    console = Console()
    with running_system(require_sandbox(settings()), console=console, words=tell) as system:
        ensure_support(system.packetboat)
        show(system, console)
        show_addresses(system, console, stays=not once)
        if not once:
            wait(system)


def show(system: System, console: Console, slug: str = CLIENT) -> UUID:
    """Send the sample for the client with this slug, tell what happens, and return the packet's id. Raises StepFailed when anything is wrong."""
    receipt = _submit(system, clinic(system, slug))
    packet_id = receipt.packet_id
    console.print(
        f"\nPacket {packet_id}: {receipt.bytes:,} bytes, MD5 {receipt.md5}",
        highlight=False,
        soft_wrap=True,  # so that it can be copied
    )
    demo_story.prepare(system, packet_id, console)
    demo_story.interrupt(system, packet_id, console)
    demo_story.send(system, packet_id, console)
    arrived = compare_books(system.packetboat.engine("app"), system.settings, packet_id)
    console.print(f"\nThe sandbox accepted {len(arrived):,} messages, as many as were sent. The latest:")
    console.print(plain(main_part(arrived[0]), style="italic"))
    demo_story.answer(system, packet_id, arrived, console)
    demo_story.account(system, packet_id, console)
    return packet_id


def clinic(system: System, slug: str = CLIENT) -> UUID:
    """The demo's client with its campaign, opted-out people and portal log-in; created once."""
    engine = system.packetboat.engine("app")
    client_id = create_client(
        engine, system.settings, slug=slug, name="Harbour Clinic", region="US", time_zone="America/New_York"
    )
    try:
        campaign_by_slug(engine, client_id, CAMPAIGN)
    except NotFound:
        _opt_out(system, client_id)
        _give_credit(system, client_id)
        allow_countries(engine, client_id, ["CA"])  # where the sample's French speakers live
        make_log_in(system.packetboat, slug, "client", system.secrets["portal_client_password"], slug)
        make_campaign(
            engine, client_id
        )  # last: if it exists, so does everything else, even after a killed start
    return client_id


def make_campaign(engine: Engine, client_id: UUID) -> UUID:
    """The appointment reminder, in three languages, for a client; returns its id."""
    file = read_campaign(SAMPLE_CAMPAIGN.read_bytes())
    return save_campaign(engine, client_id, file.document, by="demo").campaign_id


def _give_credit(system: System, client_id: UUID) -> None:
    """A price list and an opening test credit, so that the demo's packet has a bill."""
    engine = system.packetboat.engine("app")
    currency, lines = read_prices(SAMPLE_PRICES)
    import_prices(engine, client_id=client_id, currency=currency, lines=lines, by="demo")
    top_up(engine, client_id=client_id, minor=TEST_CREDIT, currency=currency, key="demo", note="test credit")


def _opt_out(system: System, client_id: UUID) -> None:
    with UnitOfWork(system.packetboat.engine("app"), client_id) as uow:
        suppress_many(uow, client_id, "sms", OPTED_OUT_PHONES, Reason.OPTED_OUT, "demo")
        uow.commit()


def _submit(system: System, client_id: UUID) -> Receipt:
    boat = system.packetboat
    engine = boat.engine("app")
    submission = Submission(
        client_id=client_id,
        campaign_id=campaign_by_slug(engine, client_id, CAMPAIGN),
        file_name=f"appointments-{date.today().isoformat()}.csv",  # noqa: DTZ011 - a name for people here
        source="cli",
        submitted_by="demo",
        again=True,  # a second demo on one day sends the same file on purpose
        paused=True,  # so that its cost can be read before it is sent
    )
    receipt = accept_packet(engine, boat.settings, submission, io.BytesIO(sample_packet(date.today())))  # noqa: DTZ011
    relay_outbox(engine, boat.airflow(), packet_id=receipt.packet_id)
    return receipt
