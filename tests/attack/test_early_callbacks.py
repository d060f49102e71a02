"""A callback that is applied while the lane records the answers of its calls: the server survives, and both reports are kept."""

import threading
import time
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from pipelines.domain.sending import Answer, Verdict
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from pipelines.steps.dispatch.send import Sent
from pipelines.store.log_file import log_path
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.sending import boat_for, make_sending, phones

MESSAGES = 20_000
ROUNDS = 8
GROUPS_BEFORE = 100
PROVE = """
update provider_call set state = 'accepted', provider_ref = 'early-' || id where id = any(:calls)
"""


@pytest.fixture
def boat(own_server, postgres_home):
    """On a server of this test alone: PostgreSQL 18.4 itself came to its end here (decision 15)."""
    worker = own_server.engine("worker")
    return boat_for(worker, make_business(worker), postgres_home, "http://127.0.0.1:9")


def accepted(calls):
    return [
        Sent(call, Answer(Verdict.ACCEPTED, provider_ref=uuid4().hex, http_status=201, segments=1))
        for call in calls
    ]


@contextmanager
def meanwhile(work, *arguments):
    """Begin `work` in a thread and be sure that it waits; after the block it has ended."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive(), "it waited for nobody: nothing was raced"
    yield
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize("calls", [8, 20])
def test_answers_recorded_while_some_of_them_are_proven_by_callbacks(own_server, boat, calls):
    packet, owner = make_sending(boat.worker, boat.business, phones(MESSAGES)), uuid4()
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), owner, 50, 1, 600.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        recorder, walk = Recorder(database, packet, owner, frozenset()), Claims(database, terms)
        for _ in range(GROUPS_BEFORE):
            recorder.exchange(accepted(walk.next_calls()), [])
        with psycopg.connect(own_server.running().dsn("packetboat"), autocommit=True) as admin:
            admin.execute("analyze")  # the plan of a packet in mid-flight
        for number in range(ROUNDS):
            claimed = walk.next_calls()[:calls]
            raced = [call.id for call in claimed[: 1 + number * (calls - 2) // (ROUNDS - 1)]]
            with UnitOfWork(boat.worker, boat.business.client_id) as uow:
                uow.execute(text(PROVE), {"calls": raced})
                with meanwhile(recorder.exchange, accepted(claimed), []):
                    uow.commit()
    assert "terminated by signal" not in log_path(boat.settings.home, "postgres").read_text()
    proven = "provider_call.state = 'accepted' and http_status = 201 and billed_segments = 1 and not provider_ref like 'early-%'"
    query = f"select count(*) from provider_call join attempt on call_id = provider_call.id join message on message.id = message_id where {proven}"
    assert (
        boat.rows(query)[0].count
        == boat.rows("select count(*) from provider_call where recorded_at is not null")[0].count
    )
