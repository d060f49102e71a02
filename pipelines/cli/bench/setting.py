"""The environment of a benchmark: a separate system, a separate client, and a description of the machine."""

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from rich.console import Console
from sqlalchemy import Engine

from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.accounts.find import campaign_by_slug
from pipelines.actions.billing.book_payment import top_up
from pipelines.actions.billing.import_prices import PriceLine, import_prices
from pipelines.actions.campaigns.save_campaign import save_campaign
from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.actions.sending.limits import LimitOf, set_limit
from pipelines.billing.prices import OTHER_COUNTRIES
from pipelines.channels import channels
from pipelines.cli.sandbox import require_sandbox
from pipelines.domain.campaign_document import CampaignDocument, Text
from pipelines.domain.limit import LimitScope
from pipelines.errors import NotFound
from pipelines.launcher.system import System, running_system
from pipelines.settings import Settings, settings

TEXT = "Hello {{ first_name }}, we see you on {{ contact_at | day }} at {{ contact_at | clock }}."
AMPLE = 1_000_000_000
PRICE_MINOR = 1  # of a segment, or of a message without segments
FOR_EVER = date(2020, 1, 1)  # the day from which the prices hold
SUBJECT = "Your appointment on {{ contact_at | day }}"


@contextmanager
def bench_system(
    name: str, services: frozenset[str], *, extra_dag_folders: tuple[Path, ...] = (), **changes: Any
) -> Iterator[System]:
    """A new system beside the one that people use, for one benchmark: no earlier packets are waiting in it.

    `changes` are settings that differ from the defaults. Reports on standard error what it starts; its home, `bench/<name>` inside the normal one, is deleted afterwards.
    """
    home = settings().home / "bench" / name
    shutil.rmtree(home, ignore_errors=True)
    separate = Settings(
        home=home, postgres_port=5599, portal_port=8170, sandbox_port=8171, airflow_port=8172, **changes
    )
    console = Console(stderr=True)
    with running_system(
        require_sandbox(separate), services=services, extra_dag_folders=extra_dag_folders, console=console
    ) as system:
        yield system
    shutil.rmtree(home)


@dataclass(frozen=True)
class BenchClient:
    """A client with one campaign that sends everything on one channel, and with prices, credit and a limit."""

    client_id: UUID
    campaign_id: UUID


def bench_client(system: System, channel: str) -> BenchClient:
    """The client for benchmarks of `channel`, created once."""
    engine = system.packetboat.engine("app")
    client_id = create_client(
        engine,
        system.settings,
        slug=f"bench-{channel}",
        name="Bench",
        region="US",
        time_zone="America/New_York",
    )
    try:
        return BenchClient(client_id, campaign_by_slug(engine, client_id, "reminder"))
    except NotFound:
        has = "phone" if channel == "sms" else "email"
        document = CampaignDocument(
            slug="reminder",
            name="Reminder",
            details={
                "schema": 1,
                "type": "appointment_reminder",
                "fields": {"required": ["first_name", "contact_date"]},
                "rules": [{"name": f"all by {channel}", "when": {"has": has}, "send": channel}],
                "window": {"hours": "any", "reason": "The messages of a benchmark reach nobody."},
                "deadline": {"minutes_before_contact": 0},
                "quality": {"max_held_share": 0.5},
            },
            texts=(Text(channel, "en", TEXT, SUBJECT if channel == "email" else None),),
        )
        _charge(engine, client_id)
        return BenchClient(client_id, save_campaign(engine, client_id, document, by="bench").campaign_id)


def _charge(engine: Engine, client_id: UUID) -> None:
    """Let each message cost something and count against a limit, neither of which ever holds it up."""
    units = {"sms": "segment"}
    lines = [
        PriceLine(FOR_EVER, channel, OTHER_COUNTRIES, units.get(channel, "message"), PRICE_MINOR)
        for channel in sorted(channels())
    ]
    import_prices(engine, client_id=client_id, currency="USD", lines=lines, by="bench")
    top_up(engine, client_id=client_id, minor=AMPLE, currency="USD", key="bench", note="For a benchmark.")
    limit = LimitOf(LimitScope.CLIENT, "", client_id)
    set_limit(engine, limit, per_second=float(AMPLE), per_day=AMPLE)


def accept(system: System, client: BenchClient, path: Path) -> UUID:
    """Accept a file without starting a run; returns the packet's id."""
    submission = Submission(
        client_id=client.client_id,
        campaign_id=client.campaign_id,
        file_name=path.name,
        source="cli",
        submitted_by="bench",
        again=True,
    )
    boat = system.packetboat
    with path.open("rb") as stream:
        return accept_packet(boat.engine("app"), boat.settings, submission, stream).packet_id


def machine() -> dict[str, str | int]:
    """A description of the machine that does not identify it."""
    return {
        "cpus": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 1024**3),
        "system": platform.system(),
        "python": platform.python_version(),
    }
