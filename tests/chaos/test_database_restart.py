"""PostgreSQL killed and started again while a lane sends: no message is sent twice, none is lost (P16)."""

import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DBAPIError

from pipelines.events.sweep import close_dead_calls
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.lane import Pace
from pipelines.steps.dispatch.limits import Limits
from tests.builders import make_business
from tests.chaos.ground import compare_books, journal, let_leases_end, sandbox_process, send_all
from tests.fixtures_sandbox import eventually
from tests.sending import boat_for, make_sending, phones
from tests.steps.limiting import limit, sms_sender

MESSAGES = 1_500
RESTARTS = 3


@pytest.fixture
def boat(own_server, tmp_path):
    worker = own_server.engine("worker")
    with sandbox_process(tmp_path / "provider") as url:
        yield boat_for(worker, make_business(worker), tmp_path, url, call_timeout=5.0)


def kill_and_start(server):
    """The server dies at once, as in a power cut, and comes back."""
    server.kill()
    time.sleep(1.0)
    server.start()


def test_a_database_that_is_killed_under_a_lane_loses_and_duplicates_nothing(boat, own_server, tmp_path):
    home = tmp_path / "provider"
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    lane = threading.Thread(target=send_all, args=(boat, packet))
    lane.start()
    for restart in range(RESTARTS):
        wanted = (restart + 1) * MESSAGES // (RESTARTS + 2)
        eventually(lambda wanted=wanted: len(journal(home)) > wanted, within=60)
        kill_and_start(own_server)
    lane.join(120)
    assert not lane.is_alive()
    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    states = compare_books(boat, packet, home)
    assert states["ready"] == states["sending"] == 0
    assert states["accepted"] + states["unknown"] == MESSAGES
    # Answers that came in while the server was down were kept in memory and written down afterwards.
    assert states["unknown"] <= RESTARTS * Pace.of(1).threads


def test_what_a_lane_took_from_its_limits_survives_the_crash(boat, own_server):
    """The lane remembers what it took and puts the rest back, so the bucket must remember it as well."""
    limit(boat, "client", per_day=100)
    lane = {"channel": "sms", "provider": "twilio", "sender_id": sms_sender(boat)}
    packet = make_sending(boat.worker, boat.business, phones(1))
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        limits = Limits(database, client_id=boat.business.client_id, packet_id=packet, **lane)
        limits.take(1, None)  # makes the bucket
        allowance = limits.take(40, None)
        kill_and_start(own_server)
        message = SimpleNamespace(country="US", units=1, suppressed=None, again=False)
        limits.settle(allowance, len(allowance.admit([message] * 30)[0]))
        with suppress(DBAPIError):  # the connection was lost with the server
            limits.close()
        limits.close()
    [bucket] = boat.rows("select used from sending_bucket")
    assert bucket.used >= 30
