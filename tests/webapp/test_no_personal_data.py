"""Answers, STOP, forwarding, lost answers, pauses, cancellation, unsubscription and erasure: no log line tells whom they are about (S2)."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines import clock, logs
from pipelines.actions.messages.poll import poll_reports
from pipelines.actions.messages.reconcile import reconcile
from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.subjects import packet_of
from pipelines.actions.people.deliver_replies import deliver_replies
from pipelines.actions.people.erase import erase_person
from pipelines.actions.people.reply_settings import Wanted, set_reply_settings
from pipelines.actions.people.unsubscribe import unsubscribe
from pipelines.cli.sandbox import reply_as
from pipelines.consent.links import Recipient, token_of
from pipelines.domain.campaign_document import Text
from pipelines.store.files import Files
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from tests.webapp.test_reply_whole import ready
from tests.webapp.whole import whole

ANN, BOB, CAT = "+12125550161", "+12125550162", "+12125550163"
NAMES = ("Zebulonia", "Quackenbush", "Ermentrudis")
FILE = "first_name,last_name,phone,contact_date\n" + "".join(
    f"{first},{last},{phone},2099-01-05\n"
    for first, last, phone in (
        (NAMES[0], NAMES[1], ANN),
        (NAMES[2], NAMES[1], BOB),
        (NAMES[0], NAMES[2], CAT),
    )
)
WORDS = "purple elephants await {{ first_name }}"
ANSWER = "my mother in law broke the teapot"
FRONT_DESK = "front-desk-teapot@clinic.example"
OF_PEOPLE = (
    *(phone[-10:] for phone in (ANN, BOB, CAT)),
    *NAMES,
    "purple elephants",
    "teapot",
    "front-desk",
)


@pytest.fixture
def written(tmp_path, caplog):
    """All that was logged, as a process of ours writes it, and by the libraries."""
    path = tmp_path / "log.txt"
    caplog.set_level(logging.INFO)
    with logs.written_to(lambda: path.open("a", buffering=1)):
        yield lambda: path.read_text() + caplog.text


def live_through(found):
    """Everything that can become of a packet's people."""
    boat, worker = found.boat, found.boat.engine("worker")
    forwarding = Wanted(forward_by="email", forward_to=FRONT_DESK)
    set_reply_settings(boat.engine("app"), boat.settings, found.client_id, forwarding)
    found.sandbox.faults({"action": "lost_answer", "to": CAT[1:]})
    packet = found.send("sms", Text("sms", "en", WORDS), FILE)
    for phone, words in ((ANN, "C"), (ANN, ANSWER), (BOB, "STOP")):
        assert reply_as(boat.settings, phone, words) == [200]
    assert reply_as(boat.settings, ANN, ANSWER, forged=True) == [403]
    eventually(lambda: rows(found, "select kind from reply").count("stop") == 1, within=60)
    deliver_replies(worker, boat.settings, boat.secrets)
    with clock.set_to(datetime.now(UTC) + timedelta(minutes=40)):
        reconcile(worker, boat.settings, boat.secrets)
        poll_reports(worker, boat.settings, boat.secrets)
    another = packet_of(ready(found, packet, [ANN, CAT]))
    for change in (pause, resume, cancel):
        change(worker, None, another, by="test")
    (attempt,) = rows(
        found,
        "select attempt.id from attempt join message on message.id = message_id where address = :ann",
        ann=ANN,
    )
    (hashed,) = rows(found, "select address_hash(:ann)", ann=ANN)
    link = token_of(
        Recipient(found.client_id, "sms", attempt, bytes(hashed)), boat.secrets["unsubscribe_key"]
    )
    unsubscribe(boat.engine("app"), boat.secrets, link)
    erase_person(worker, Files(boat.settings), found.client_id, ANN)


def rows(found, query, **parameters):
    """The first column."""
    with UnitOfWork(found.boat.engine("worker"), found.client_id) as uow:
        return [row[0] for row in uow.all(text(query), parameters)]


def test_nothing_that_is_logged_tells_whom_it_is_about(database, tmp_path, written, capfd):
    with whole(database, tmp_path) as found:
        live_through(found)
        assert "cancelled" in rows(found, "select state from message")
        assert rows(found, "select count(*) from suppression")[0] >= 2, "STOP, and the link"
    out, err = capfd.readouterr()
    logged = written() + out + err
    assert "step_ended" in logged
    assert "unsubscribed" in logged
    assert [one for one in OF_PEOPLE if one in logged] == []
