"""A patient answers in the sandbox, and the whole way is real: the signed call, the portal's hook, the message that it belongs to."""

import time
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions import recurring
from pipelines.cli.sandbox import reply_as
from pipelines.domain.campaign_document import Text
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import Business
from tests.fixtures_sandbox import eventually
from tests.sending import make_sending
from tests.webapp.whole import whole
from webapp.public import hooks

FILE = "first_name,phone,contact_date\nAnn,+12125550141,2099-01-05\nBob,+12125550142,2099-01-05\n"


def test_one_patient_confirms_and_another_one_stops(database, tmp_path):
    with whole(database, tmp_path) as found:
        packet = found.send("sms", Text("sms", "en", "Hello {{ first_name }}, reply C or STOP."), FILE)
        assert reply_as(found.boat.settings, "+12125550141", "C") == [200]
        assert reply_as(found.boat.settings, "+12125550142", "STOP", times=2) == [200, 200]
        assert reply_as(found.boat.settings, "+12125550142", "C", forged=True) == [403]

        def kinds():
            with UnitOfWork(found.boat.engine("worker"), found.client_id) as uow:
                query = text("select row_no, kind from reply where packet_id = :packet order by row_no")
                return [tuple(row) for row in uow.all(query, {"packet": packet})]

        assert eventually(lambda: kinds() == [(1, "confirm"), (2, "stop")])
        with UnitOfWork(found.boat.engine("worker"), found.client_id) as uow:
            assert uow.scalar(text("select address from suppression")) == "+12125550142"
        page = found.person.get(f"/packets/{packet}").text
        assert "2 people answered" in page


MAX_STOP_SECONDS = 60.0  # from STOP at our door to the claim that refuses


def ready(found, packet, people):
    """A new packet like this one, with a message ready for each of these people."""
    worker = found.boat.engine("worker")
    with UnitOfWork(worker, found.client_id) as uow:
        like = uow.one(
            text("select campaign_id, feed_id from data_packet where id = :packet"), {"packet": packet}
        )
    made = make_sending(worker, Business(found.client_id, like.campaign_id, like.feed_id, "whole"), people)
    with UnitOfWork(worker, found.client_id) as uow:
        uow.execute(text("update data_packet set state = 'sending' where id = :packet"), {"packet": made})
        uow.commit()
    return made


def claimed(found, packet, people):
    """Who of these people a lane would send to now, of a new packet that was assembled before anybody looked for a STOP."""
    worker = found.boat.engine("worker")
    terms = Terms(
        client_id=found.client_id, packet_id=ready(found, packet, people), channel="sms", provider="twilio", sender_id=uuid4(), owner=uuid4(),
        per_group=2, per_call=1, lease_seconds=60,
    )  # fmt: skip
    with LaneDatabase(worker, found.client_id) as lane:
        return {message.address for call in Claims(lane, terms).next_calls() for message in call.messages}


@pytest.mark.parametrize("reader", ["the portal", "pulse"])
def test_nothing_more_can_be_sent_within_a_minute_of_a_stop(
    database, tmp_path, monkeypatch, record_property, reader
):
    """Another packet is ready when somebody answers STOP. The claim is tried all the time, each time with a message that is still ready."""
    if (
        reader == "pulse"
    ):  # the portal is killed after it has stored the answer: the next minute's errand reads it
        monkeypatch.setattr(hooks, "read_replies", lambda _engine: None)
    with whole(database, tmp_path) as found:
        words, (ann, bob) = (
            Text("sms", "en", "Hello {{ first_name }}, reply STOP."),
            ("+12125550141", "+12125550142"),
        )
        packet = found.send("sms", words, FILE)
        worker = found.boat.engine("worker")
        assert reply_as(found.boat.settings, bob, "STOP") == [200]
        began = time.monotonic()
        if reader == "pulse":
            time.sleep(1.0)
            assert claimed(found, packet, [bob]) == {bob}, "nobody has read it"
            recurring.read_replies(worker, found.boat.settings, found.boat.secrets)
        while claimed(found, packet, [bob]):
            assert time.monotonic() - began < MAX_STOP_SECONDS
        seconds = time.monotonic() - began
        assert claimed(found, packet, [ann, bob]) == {ann}
    record_property("stop_seconds", round(seconds, 2))
