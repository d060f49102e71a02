"""A provider whose callbacks come before its answer, at once and in bursts, while lanes send and die: the real portal takes them in."""

import json
import random
import tempfile
import time
from pathlib import Path

import pytest
import requests

from pipelines.events.sweep import close_dead_calls
from pipelines.launcher.services import PORTAL, SANDBOX
from pipelines.launcher.system import running_system
from pipelines.settings import Settings
from pipelines.steps.dispatch.lane import Pace
from pipelines.store.log_file import log_path
from tests.builders import make_business
from tests.chaos.ground import LaneProcess, compare_books, journal, let_leases_end
from tests.fixtures_sandbox import eventually
from tests.sending import Boat, make_sending, phones

LANES = ("sms lane 1", "sms lane 2")
FAST = [
    {"action": "callbacks_before", "probability": 0.3, "seed": 1},
    {"action": "callbacks_at_once", "probability": 0.5, "seed": 2},
    {"action": "callbacks_in_bursts", "probability": 0.3, "seed": 3, "seconds": 0.5},
    {"action": "callbacks_repeated", "probability": 0.1, "seed": 4},
]
# (messages, seconds between two kills)
SIZES = [
    pytest.param(2_000, 1.0, id="short"),
    pytest.param(20_000, 2.0, id="20,000", marks=[pytest.mark.chaos, pytest.mark.timeout(1_500)]),
]

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture
def system():
    """PostgreSQL, portal and sandbox of this test alone, without Airflow."""
    with tempfile.TemporaryDirectory(prefix="packetboat-attack-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        apart = Settings(
            home=Path(home),
            postgres_port=5799,
            portal_port=8370,
            sandbox_port=8371,
            airflow_port=8372,
            # The sandbox has one address, and calls back during every call of both lanes.
            connections_per_address=2 * len(LANES) * Pace.of(1).threads,
        )
        with running_system(apart, services=frozenset({PORTAL, SANDBOX})) as running:
            yield running


@pytest.fixture
def boat(system):
    packetboat = system.packetboat
    worker = packetboat.engine("worker")
    return Boat(worker, make_business(worker), packetboat.settings, packetboat.secrets)


@pytest.fixture
def script(system):
    def script(*rules):
        requests.post(f"{system.urls['sandbox']}/sandbox/faults", json=rules, timeout=10).raise_for_status()

    return script


def all_reported(system, boat, packet, within):
    """Wait until the sandbox has no callback left and every event is applied."""

    def nothing_waits():
        waiting = requests.get(f"{system.urls['sandbox']}/sandbox/health", timeout=10).json()
        return waiting["callbacks_waiting"] == 0 and not boat.rows("select from open_event limit 1")

    eventually(nothing_waits, within=within)


def not_taken_in(boat):
    """The callbacks that the portal did not answer with a success; Twilio posts such a one no second time."""
    lines = (boat.settings.home / "sandbox" / "callbacks.jsonl").read_text().splitlines()
    called = [json.loads(line) for line in lines]
    return [one for one in called if one.get("http_status", 0) // 100 != 2]


def the_server_lived(boat):
    return "terminated by signal" not in log_path(boat.settings.home, "postgres").read_text()


@pytest.mark.parametrize(("messages", "_seconds"), SIZES)
def test_two_lanes_and_fast_callbacks_lose_and_double_nothing(system, boat, script, messages, _seconds):
    script(*FAST)
    packet = make_sending(boat.worker, boat.business, phones(messages))
    lanes = [LaneProcess(boat, packet, lane) for lane in LANES]
    assert sum(lane.result(within=600)["accepted"] for lane in lanes) == messages
    all_reported(system, boat, packet, within=600)
    assert not_taken_in(boat) == []
    assert compare_books(boat, packet, boat.settings.home) == {"delivered": messages}
    assert the_server_lived(boat)


@pytest.mark.parametrize(("messages", "seconds"), SIZES)
def test_killed_lanes_and_fast_callbacks_leave_in_doubt_what_was_in_flight(
    system, boat, script, messages, seconds
):
    script({"action": "delay", "seconds": 0.02}, *FAST)
    packet, dice, kills = make_sending(boat.worker, boat.business, phones(messages)), random.Random(5), 0
    home = boat.settings.home
    lanes = [LaneProcess(boat, packet, lane) for lane in LANES]
    while len(journal(home)) < 0.9 * messages:
        before = len(journal(home))
        time.sleep(seconds)
        number = dice.randrange(len(LANES))
        lanes[number].kill()
        kills += 1
        lanes[number] = LaneProcess(boat, packet, LANES[number])
        # A process takes seconds to start: without a look at the journal the lanes could be killed before they have sent anything.
        eventually(lambda before=before: len(journal(home)) > before, within=60)
    for lane in lanes:
        lane.result(within=900)
    assert boat.states(packet).get("ready", 0) == 0, "what dead lanes had only claimed was left behind"
    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    all_reported(system, boat, packet, within=600)
    assert not_taken_in(boat) == []
    states = compare_books(boat, packet, home)
    sent = len(journal(home))
    assert kills >= 2
    assert states == {"delivered": sent} | ({"unknown": messages - sent} if messages > sent else {})
    assert messages - sent <= kills * Pace.of(1).threads, "more is in doubt than was in flight"
    assert the_server_lived(boat)
