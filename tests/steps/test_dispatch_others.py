"""A lane that has nothing left to claim waits for what other lanes have claimed: they may die."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from pipelines.steps.dispatch import lane
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from tests.sending import boat_for, make_sending, phones


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def claim_all(boat, packet):
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    client = boat.business.client_id
    terms = Terms(client, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
    with LaneDatabase(boat.worker, client) as database:
        assert len(Claims(database, terms).next_calls()) == 3


def test_it_looks_soon_and_then_less_and_less_often(boat, monkeypatch):
    """Another lane is usually done a moment later; a frozen one takes its time."""
    packet = make_sending(boat.worker, boat.business, phones(3))
    claim_all(boat, packet)
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 6:  # the other lane is done
            for statement in (
                "update provider_call set state = 'accepted', begun_at = now(), recorded_at = now() where packet_id = :packet",
                "update message set state = 'accepted' where packet_id = :packet",
            ):
                boat.change(statement, packet=packet)

    monkeypatch.setattr(lane, "time", SimpleNamespace(sleep=nap))
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    assert naps == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
