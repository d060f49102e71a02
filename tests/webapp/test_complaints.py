"""A complaint as Mailgun reports it counts against its client: from the signed webhook at our door to the stopped e-mails."""

import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.sending.complaints import watch_complaints
from pipelines.events.apply import apply_alone
from pipelines.language import say
from pipelines.reports.billing import alarms
from pipelines.store.unit_of_work import UnitOfWork
from tests.replying import wrote
from tests.sending import boat_for, mailboxes

SENT = 1_000  # of fewer, a complaint says nothing
STOPPED = "E-mails are stopped, because too many people marked them as spam: {} of 1,000 in seven days."
HIGH = "Many people mark the e-mails as spam: {} of 1,000 in seven days."


@pytest.fixture
def sending(boat, fresh, tmp_path):
    return boat_for(boat.engine("worker"), fresh.business, tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def packet(sending):
    """Four people with an e-mail each, of a packet in which 1,000 were accepted."""
    packet_id = wrote(sending, mailboxes(4), "email")
    sending.change("update provider_call set messages = :n where packet_id = :p", n=SENT, p=packet_id)
    return packet_id


def report(boat, world, sending, packet, row, kind="complained", *, key=None):
    """Mailgun's webhook about the e-mail in this row; returns the status of our answer."""
    query = (
        "select attempt.id, message.address from attempt join message on message.id = attempt.message_id"
        " where message.packet_id = :packet and message.row_no = :row"
    )
    ((attempt, address),) = sending.rows(query, packet=packet, row=row)
    timestamp, token = str(int(time.time())), uuid4().hex
    secret = (key or boat.secrets["mailgun_signing_key"]).encode()
    signed = hmac.new(secret, (timestamp + token).encode(), hashlib.sha256).hexdigest()
    event = {
        "event": kind,
        "id": uuid4().hex,
        "recipient": address,
        "timestamp": time.time(),
        "user-variables": {"attempt": str(attempt)},
    }
    body = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signed},
        "event-data": event,
    }
    headers = {"Content-Type": "application/json"}
    return world.post("/hooks/mailgun", data=json.dumps(body).encode(), headers=headers).status_code


def watched(sending):
    """What is said about the client once the events are applied and the errand has looked."""
    apply_alone(
        sending.worker
    )  # the portal applies events, too, and each would skip what the other has locked
    watch_complaints(sending.worker)
    with UnitOfWork(sending.worker, every_client=True) as uow:
        return [say(sentence) for _, sentence in alarms(uow, sending.business.client_id)]


def breakers(sending):
    with UnitOfWork(sending.worker, every_client=True) as uow:
        rows = uow.all(
            text(
                "select breaker.reason, breaker.params from breaker join sender on sender.id = breaker.sender_id"
                " where sender.client_id = :client and breaker.state = 'open'"
            ),
            {"client": sending.business.client_id},
        )
    return [tuple(row) for row in rows]


def test_a_reported_complaint_warns_and_three_stop_the_e_mails(boat, world, sending, packet):
    assert watched(sending) == []
    assert report(boat, world, sending, packet, 1) == 200
    assert watched(sending) == [HIGH.format(1)]
    assert breakers(sending) == []
    for row in (2, 3):
        assert report(boat, world, sending, packet, row) == 200
    assert watched(sending) == [STOPPED.format(3)]
    assert breakers(sending) == [("complaints", {"complaints": 3, "sent": SENT})]


def test_the_same_person_counts_once_and_other_reports_do_not(boat, world, sending, packet):
    for _ in range(3):
        assert report(boat, world, sending, packet, 1) == 200
    assert report(boat, world, sending, packet, 2, "unsubscribed") == 200
    assert report(boat, world, sending, packet, 3, "delivered") == 200
    assert watched(sending) == [HIGH.format(1)]


def test_a_forged_complaint_does_not_count(boat, world, sending, packet):
    assert report(boat, world, sending, packet, 1, key="not Mailgun's") == 403
    assert watched(sending) == []


def test_a_complaint_counts_against_its_own_client(boat, world, sending, packet, other, tmp_path):
    """The client whose e-mail it was, although others wrote to the same person."""
    neighbour = boat_for(sending.worker, other.business, tmp_path, "http://127.0.0.1:9")
    theirs = wrote(neighbour, mailboxes(4), "email")
    neighbour.change("update provider_call set messages = :n where packet_id = :p", n=SENT, p=theirs)
    assert report(boat, world, sending, packet, 1) == 200
    assert watched(sending) == [HIGH.format(1)]
    assert watched(neighbour) == []
