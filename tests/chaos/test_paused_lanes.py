"""Lanes in processes of their own: a pause ends all of them within seconds, and a resume is exact."""

import time
from collections import Counter

import pytest
import requests

from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.subjects import packet_of
from pipelines.events.pauses import Subject
from tests.chaos.ground import LaneProcess, compare_books, journal, sandbox_process
from tests.fixtures_sandbox import eventually
from tests.sending import boat_for, make_sending, phones

LANES = ["sms lane 1", "sms lane 2"]
MESSAGES = 1_000
GROUP_SECONDS = 10  # in which a pause must have ended every lane (R21)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "provider"


@pytest.fixture
def boat(database, business, home, tmp_path):
    with sandbox_process(home) as url:
        slow = [{"action": "delay", "seconds": 0.3}]
        assert requests.post(url + "/sandbox/faults", json=slow, timeout=5).ok
        yield boat_for(
            database.engine("worker"), business, tmp_path, url, call_timeout=30.0, connect_timeout=30.0
        )


def lanes_at_work(boat, packet, home):
    before = len(journal(home))
    lanes = [LaneProcess(boat, packet, title) for title in LANES]
    eventually(lambda: len(journal(home)) > before + 60, within=240)
    return lanes


def ended_in_time(lanes, home):
    """Check that the lanes end, and that the provider got nothing later than a group after now, when the pause has been committed."""
    paused_at = time.time()
    results = [lane.result() for lane in lanes]
    assert max(message.at for message in journal(home)) < paused_at + GROUP_SECONDS
    assert all("accepted" in result for result in results), "they end with success"


def test_a_pause_ends_every_lane_and_a_resume_sends_each_message_once(boat, home):
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    campaign = Subject(boat.business.client_id, campaign_id=boat.business.campaign_id)
    for subject in (packet_of(packet), campaign):
        lanes = lanes_at_work(boat, packet, home)
        pause(boat.worker, None, subject, by="ann")
        ended_in_time(lanes, home)
        sent = len(journal(home))
        assert sent < MESSAGES
        assert compare_books(boat, packet, home) == Counter(accepted=sent, ready=MESSAGES - sent)
        time.sleep(1)
        assert len(journal(home)) == sent
        assert resume(boat.worker, None, subject, by="ann") == 1
    for lane in [LaneProcess(boat, packet, title) for title in LANES]:
        lane.result()
    assert compare_books(boat, packet, home) == Counter(accepted=MESSAGES)


def test_a_cancellation_ends_every_lane_and_nothing_goes_out_after_it(boat, home):
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    lanes = lanes_at_work(boat, packet, home)
    cancel(boat.worker, None, packet_of(packet), by="ann")
    ended_in_time(lanes, home)
    sent = len(journal(home))
    assert compare_books(boat, packet, home) == Counter(accepted=sent, cancelled=MESSAGES - sent)
    time.sleep(1)
    assert len(journal(home)) == sent
    boat.run("settle", packet)
    [row] = boat.rows(
        "select state, sent, cancelled from data_packet join packet_total on packet_id = id where id = :packet",
        packet=packet,
    )
    assert tuple(row) == ("settled", sent, MESSAGES - sent)
