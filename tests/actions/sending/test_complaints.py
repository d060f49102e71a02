"""Clients whose e-mails people mark as spam are warned, then stopped, until a person lets them go on."""

from uuid import uuid4

import pytest

from pipelines.actions.sending.add_sender import add_sender
from pipelines.actions.sending.complaints import NotStopped, resume_after_complaints, watch_complaints
from pipelines.events.waiting import watch_waits
from pipelines.language import say
from pipelines.reports.billing import alarms
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, mailboxes, make_sending, phones

__all__ = ["sandbox"]

LANE = "e-mail lane 1"


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def sent(boat, messages, channel="email"):
    """E-mails that a provider has accepted in an earlier packet."""
    earlier = make_sending(boat.worker, boat.business, mailboxes(1), "email")
    boat.change(
        "insert into provider_call (client_id, packet_id, provider, channel, messages, state, owner, lease_until)"
        " values (:client, :packet, 'mailgun', :channel, :messages, 'accepted', uuidv7(), now())",
        client=boat.business.client_id,
        packet=earlier,
        messages=messages,
        channel=channel,
    )


def complain(boat, people, reason="complained", days_ago=0):
    for _ in range(people):
        boat.change(
            "insert into suppression_change (client_id, channel, address_hash, reason, change, source, changed_at)"
            " values (:client, 'email', cast(:hash as bytea), :reason, 'added', 'mailgun event',"
            " now() - make_interval(days => :days))",
            client=boat.business.client_id,
            hash=uuid4().bytes,
            reason=reason,
            days=days_ago,
        )


def watched(boat):
    """What is said about the client after a look."""
    watch_complaints(boat.worker)
    with UnitOfWork(boat.worker, every_client=True) as uow:
        return [say(sentence) for _, sentence in alarms(uow, boat.business.client_id)]


HIGH = "Many people mark the e-mails as spam: {} of {} in seven days."
STOPPED = "E-mails are stopped, because too many people marked them as spam: {} of {} in seven days."


@pytest.mark.parametrize(
    ("messages", "people", "says"),
    [
        (10, 1, []),
        (999, 9, []),
        (1_001, 1, []),
        (1_000, 1, [HIGH.format("1", "1,000")]),
        (1_000, 2, [HIGH.format("2", "1,000")]),
        (1_000, 3, [STOPPED.format("3", "1,000")]),
        (1_001, 3, [HIGH.format("3", "1,001")]),
    ],
)
def test_the_share_decides_and_a_few_messages_say_nothing(boat, messages, people, says):
    sent(boat, messages)
    complain(boat, people)
    assert watched(boat) == says


def test_only_complaints_of_a_week_about_e_mails_count(boat):
    sent(boat, 500)
    sent(boat, 600, channel="sms")
    complain(boat, 9)
    assert watched(boat) == [], "the text messages do not count"
    sent(boat, 500)
    assert watched(boat) == [STOPPED.format("9", "1,000")]


def test_old_complaints_and_other_opt_outs_do_not_count(boat):
    sent(boat, 1_000)
    complain(boat, 9, days_ago=8)
    complain(boat, 9, reason="unsubscribed")
    assert watched(boat) == []


def test_a_warning_ends_by_itself(boat):
    sent(boat, 1_000)
    complain(boat, 1)
    assert watched(boat) == [HIGH.format("1", "1,000")]
    sent(boat, 1)
    assert watched(boat) == []


def test_nothing_more_is_sent_by_e_mail_until_a_person_resumes_it(boat):
    sent(boat, 1_000)
    complain(boat, 3)
    assert watch_complaints(boat.worker) == 1
    packet = make_sending(boat.worker, boat.business, mailboxes(20), "email")
    note = boat.run("dispatch", packet, LANE).note
    assert say(note) == (
        "Nothing to send. E-mails are stopped, because 3 of 1,000 were marked as spam; 20 messages are left."
        " Sending continues when a person resumes it."
    )
    assert boat.states(packet) == {"ready": 20}
    assert boat.wait(packet)[0] == "complaints"
    needs = boat.rows("select code, cases from packet_need where packet_id = :packet", packet=packet)
    assert ("complaints", 20) in needs
    assert watch_complaints(boat.worker) == 0, "it is stopped already"
    watch_waits(boat.worker)
    assert boat.wait(packet)[0] == "complaints", "nothing but a person lets it go on"

    resume_after_complaints(boat.worker, boat.business.client_id)
    assert watched(boat) == [], "what was before counts no longer"
    watch_waits(boat.worker)
    assert boat.wait(packet) is None
    assert boat.rows("select code from packet_need where packet_id = :packet", packet=packet) == []
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet)["accepted"] == 20


def test_text_messages_go_out_all_the_same(boat):
    sent(boat, 1_000)
    complain(boat, 3)
    watch_complaints(boat.worker)
    packet = make_sending(boat.worker, boat.business, phones(20))
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet)["accepted"] == 20


def test_another_sender_does_not_help(boat):
    sent(boat, 1_000)
    complain(boat, 3)
    watch_complaints(boat.worker)
    add_sender(
        boat.worker, client_id=boat.business.client_id, channel="email", provider="mailgun",
        address="new@clinic.example", fallback=True,
    )  # fmt: skip
    watch_complaints(boat.worker)
    packet = make_sending(boat.worker, boat.business, mailboxes(20), "email")
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet) == {"ready": 20}


def test_what_is_not_stopped_cannot_be_resumed(boat):
    with pytest.raises(NotStopped):
        resume_after_complaints(boat.worker, boat.business.client_id)
