"""`packetboat bench chaos`: a packet is sent while its processes are killed and the providers misbehave; nothing may be lost or doubled."""

import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from uuid import UUID

import click
import requests
from rich.console import Console

from pipelines import steps
from pipelines.cli.bench.rows import write_file
from pipelines.cli.bench.setting import BenchClient, accept, bench_client, bench_system, machine
from pipelines.cli.bench.soak import work
from pipelines.cli.bench.soak.crew import FORKS, Crew, Forked, Member, Portal
from pipelines.cli.bench.soak.faults import CALL_TIMEOUT, script
from pipelines.cli.bench.soak.oracle import Balance, Money, Progress, Verdict, audit, compare, weigh
from pipelines.cli.options import as_json
from pipelines.errors import StepFailed
from pipelines.events.apply import apply_events
from pipelines.launcher.services import SANDBOX
from pipelines.launcher.system import System
from pipelines.states import PREPARE_STEPS
from pipelines.store.postgres import EmbeddedPostgres

LANES = ("sms lane 1", "sms lane 2")
LOOK_EVERY = 0.25  # seconds
HASTE = 60  # how much faster the clock runs once the attack is over
PATIENCE = 150.0  # seconds; longer than the lease of a call whose lane was killed


@dataclass(slots=True)
class Attack:
    """What was done to the system. `restarts` has the seconds until a message went out again after each stop of PostgreSQL.

    `crashed` are the processes that ended by themselves, by kind: they had met an error that nothing of this explains.
    """

    killed: dict[str, int] = field(default_factory=dict)
    crashed: dict[str, int] = field(default_factory=dict)
    restarts: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is attacked."""

    system: System
    client: BenchClient
    packet_id: UUID
    crew: Crew
    progress: Progress

    def verdict(self) -> Verdict:
        """Our books against the providers' journal, now."""
        engine, sandbox = self.system.packetboat.engine("worker"), self.system.settings.home / "sandbox"
        return compare(engine, self.client.client_id, self.packet_id, sandbox)


@click.command()
@click.option("--messages", default=10_000, show_default=True, help="SMS to send.")
@click.option("--kills", default=100, show_default=True, help="How often a random process is killed (-9).")
@click.option("--restarts", default=0, show_default=True, help="How often PostgreSQL is stopped at once.")
@click.option("--seed", default=2026, show_default=True, help="Of the choice of processes.")
@as_json
def chaos(messages: int, kills: int, restarts: int, seed: int, as_json: bool) -> None:
    """Send a packet while processes die and providers misbehave.

    Two lanes, the portal and the errands are killed and started again, evenly over the packet. One call in a hundred meets each class of
    fault; callbacks are lost, repeated and reordered. The sandbox's own journal says who got what. Fails unless nothing is lost, doubled or
    left unknown, no process crashed, every row is accounted for once, what was spent is the price of what the providers have, and every law of
    the ledger holds.
    """
    began = time.monotonic()
    with bench_system("chaos", frozenset({SANDBOX}), call_timeout=CALL_TIMEOUT) as system:
        client, packet_id = _prepared(system, messages)
        _post_faults(system)
        dice = random.Random(seed)  # noqa: S311 - a soak must be reproducible
        ahead = FORKS.Value("d", 0.0)
        with Crew(_members(system, packet_id, ahead), dice) as crew:
            scene = Scene(system, client, packet_id, crew, Progress(system.settings.home / "sandbox"))
            attack = _attack(scene, messages, kills, restarts)
            verdict = _until_settled(scene, ahead)
        attack.crashed = dict(+crew.crashed)
        balance, money = _audit(scene, messages)
    report = {
        "bench": "chaos",
        "machine": machine(),
        "messages": messages,
        "kills": sum(attack.killed.values()),
        **asdict(attack),
        **asdict(verdict),
        **asdict(balance),
        **asdict(money),
        "seconds": round(time.monotonic() - began, 1),
    }
    click.echo(json.dumps(report)) if as_json else Console().print_json(data=report)
    if attack.crashed or not (verdict.holds and balance.holds and money.holds):
        raise SystemExit(1)


def _prepared(system: System, messages: int) -> tuple[BenchClient, UUID]:
    """A packet with this many messages ready to send."""
    client = bench_client(system, "sms")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write_file(path, messages, date.today())  # noqa: DTZ011 - the appointments only have to lie ahead
        packet_id = accept(system, client, path)
    boat = system.packetboat
    for step in PREPARE_STEPS:
        steps.run(step, packet_id, engine=boat.engine("worker"), settings=boat.settings, secrets=boat.secrets)
    return client, packet_id


def _post_faults(system: System) -> None:
    url = f"{system.urls['sandbox']}/sandbox/faults"
    requests.post(url, json=script(), timeout=10).raise_for_status()


def _members(system: System, packet_id: UUID, ahead: "Synchronized[float]") -> Sequence[Member]:
    url = system.database_url("worker").render_as_string(hide_password=False)
    common = (system.settings, system.secrets, url, ahead)
    portal = Portal(system)
    portal.prepare()
    lanes = [Forked("lane", work.lane, (*common, packet_id, name)) for name in LANES]
    return [*lanes, Forked("pulse", work.pulse, common), portal]


def _attack(scene: Scene, messages: int, kills: int, restarts: int) -> Attack:
    """Spread the kills and the stops of PostgreSQL evenly over the messages that the providers accept."""
    attack = Attack()
    stops = {round(kills * (stop + 1) / (restarts + 1)) for stop in range(restarts)}
    for kill in range(1, kills + 1):
        _wait_for(scene, round(0.95 * messages * kill / (kills + 1)))
        scene.crew.kill_one()
        if kill in stops:
            attack.restarts.append(_stop_postgres(scene, messages))
    attack.killed = dict(scene.crew.killed)
    return attack


def _wait_for(scene: Scene, accepted: int) -> None:
    """Wait until the providers have accepted so many messages. Ends the soak when they accept none for PATIENCE."""
    deadline, before = time.monotonic() + PATIENCE, scene.progress.accepted
    while (now := scene.progress.accepted) < accepted:
        if now > before:
            deadline, before = time.monotonic() + PATIENCE, now
        if time.monotonic() > deadline:
            running = ", ".join(member.kind for member in scene.crew.members if member.pid is not None)
            raise click.ClickException(
                f"The providers accepted {now} messages and then none for {PATIENCE:.0f} seconds, while {accepted} were awaited. "
                f"Messages by state: {scene.verdict().states}. Running: {running or 'nothing'}."
            )
        time.sleep(LOOK_EVERY)


def _stop_postgres(scene: Scene, messages: int) -> float:
    """Stop PostgreSQL at once, as in a power cut; the launcher starts it again. Returns the seconds until a message went out again."""
    settings = scene.system.settings
    running = EmbeddedPostgres(settings.home, settings.postgres_port).running()
    assert running is not None
    os.kill(running.pid, signal.SIGQUIT)
    stopped = time.monotonic()
    time.sleep(1.0)  # calls that were under way are still accepted
    _wait_for(scene, min(scene.progress.accepted + 1, messages))
    return round(time.monotonic() - stopped, 1)


def _until_settled(scene: Scene, ahead: "Synchronized[float]") -> Verdict:
    """Wait until every message has an outcome, and no longer than PATIENCE without any progress.

    Meanwhile the clock of lanes and errands runs ahead: what a provider's list lacks is believed only after a quarter of an hour, and a
    second attempt is made after ten minutes.
    """
    deadline, before = time.monotonic() + PATIENCE, None
    while True:
        verdict = scene.verdict()
        if verdict.unknown_left == 0 or time.monotonic() > deadline:
            return verdict
        if verdict != before:
            deadline, before = time.monotonic() + PATIENCE, verdict
        ahead.value += (HASTE - 1) * LOOK_EVERY
        time.sleep(LOOK_EVERY)


def _audit(scene: Scene, messages: int) -> tuple[Balance, Money]:
    """Settle the packet and check its rows and its money, with all members at rest."""
    boat = scene.system.packetboat
    engine = boat.engine("worker")
    apply_events(engine)
    with suppress(StepFailed):  # settle refuses what does not add up; the audit says what
        steps.run("settle", scene.packet_id, engine=engine, settings=boat.settings, secrets=boat.secrets)
    client_id, packet_id = scene.client.client_id, scene.packet_id
    balance = weigh(engine, client_id, packet_id, messages)
    return balance, audit(engine, client_id, packet_id, scene.system.settings.home / "sandbox")
