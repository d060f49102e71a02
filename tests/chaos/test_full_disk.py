"""The disk of PostgreSQL is full while a lane sends: nobody is written to twice, nobody is forgotten, and what was spent is what was accepted."""

import threading
import time

import pytest

from pipelines.events.sweep import close_dead_calls
from pipelines.store.postgres import EmbeddedPostgres
from tests.builders import make_business
from tests.chaos.ground import (
    compare_books,
    everybody_got_one_that_was_paid_for,
    journal,
    let_hands_empty,
    let_leases_end,
    pay_for,
    sandbox_process,
    send_all,
)
from tests.fixtures_postgres import OwnServer
from tests.fixtures_sandbox import eventually
from tests.reconciling import twice_empty
from tests.sending import boat_for, make_sending, phones
from tests.small_disk import small_disk

MESSAGES = 1_500


@pytest.fixture
def disk(postgres_home):
    with small_disk(postgres_home, 700) as disk:
        yield disk
        EmbeddedPostgres(postgres_home).stop()


@pytest.fixture
def server(disk, postgres_home):
    return OwnServer(postgres_home)


@pytest.fixture
def boat(server, tmp_path):
    worker = server.engine("worker")
    with sandbox_process(tmp_path / "provider") as url:
        yield boat_for(worker, make_business(worker), tmp_path, url, call_timeout=5.0)


def stands_still(home):
    """Whether the provider gets nothing more."""
    before = len(journal(home))
    time.sleep(1.0)
    return len(journal(home)) == before


def test_a_disk_that_fills_under_a_lane_loses_and_duplicates_nothing(boat, server, disk, tmp_path):
    home = tmp_path / "provider"
    packet = make_sending(boat.worker, boat.business, phones(MESSAGES))
    pay_for(boat, packet)
    lane = threading.Thread(target=send_all, args=(boat, packet))
    lane.start()
    eventually(lambda: len(journal(home)) > MESSAGES // 5, within=60)
    disk.fill()
    eventually(lambda: stands_still(home), within=60)
    assert len(journal(home)) < MESSAGES, "everything had gone out before the disk was full"
    disk.clear()
    server.start()  # it fell if it could not write its log
    lane.join(120)
    assert not lane.is_alive()
    let_hands_empty(boat, packet)
    let_leases_end(boat, packet)
    close_dead_calls(boat.worker)
    compare_books(boat, packet, home)
    twice_empty(boat)
    boat.run("dispatch", packet, "sms lane 1")
    everybody_got_one_that_was_paid_for(boat, packet, home)
