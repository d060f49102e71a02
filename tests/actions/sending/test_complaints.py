"""Clients whose e-mails people mark as spam are warned, then stopped, until a person lets them go on."""

from threading import Thread
from uuid import uuid4

import pytest

from pipelines.actions.sending import complaints
from pipelines.actions.sending.add_sender import add_sender
from pipelines.actions.sending.complaints import NotStopped, resume_after_complaints, watch_complaints
from pipelines.events.waiting import watch_waits
from pipelines.language import say
from pipelines.reports.billing import alarms
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually, sandbox
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


def complain(boat, people, reason="complained", days_ago=0, source="mailgun event"):
    for _ in range(people):
        boat.change(
            "insert into suppression_change (client_id, channel, address_hash, reason, change, source, changed_at)"
            " values (:client, 'email', cast(:hash as bytea), :reason, 'added', :source,"
            " now() - make_interval(days => :days))",
            client=boat.business.client_id,
            hash=uuid4().bytes,
            reason=reason,
            days=days_ago,
            source=source,
        )


def stop(boat):
    sent(boat, 1_000)
    complain(boat, 3)
    assert watch_complaints(boat.worker) == 1


def added(boat, address, *, fallback=False):
    """The id of a sender of e-mails that the client now has."""
    client_id = boat.business.client_id
    return add_sender(
        boat.worker,
        client_id=client_id,
        channel="email",
        provider="mailgun",
        address=address,
        fallback=fallback,
    ).id


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


def test_only_what_a_provider_of_e_mail_has_reported_counts(boat):
    sent(boat, 1_000)
    complain(boat, 9, source="command line")
    complain(boat, 9, source="after the last event")
    assert watched(boat) == []


def test_a_warning_ends_by_itself(boat):
    sent(boat, 1_000)
    complain(boat, 1)
    assert watched(boat) == [HIGH.format("1", "1,000")]
    sent(boat, 1)
    assert watched(boat) == []


def test_nothing_more_is_sent_by_e_mail_until_a_person_resumes_it(boat):
    stop(boat)
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
    stop(boat)
    packet = make_sending(boat.worker, boat.business, phones(20))
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet)["accepted"] == 20


@pytest.mark.parametrize("fallback", [True, False])
def test_another_sender_does_not_help(boat, fallback):
    stop(boat)
    packet = make_sending(boat.worker, boat.business, mailboxes(20), "email")
    boat.run("dispatch", packet, LANE)
    added(boat, "new@clinic.example", fallback=fallback)
    watch_waits(boat.worker)
    assert boat.wait(packet)[0] == "complaints"
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet) == {"ready": 20}


def test_a_sender_that_was_paused_when_the_e_mails_were_stopped_does_not_help_either(boat):
    first = added(boat, "first@clinic.example")
    added(boat, "second@clinic.example")
    stop(boat)
    assert added(boat, "first@clinic.example") == first
    packet = make_sending(boat.worker, boat.business, mailboxes(20), "email")
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet) == {"ready": 20}
    resume_after_complaints(boat.worker, boat.business.client_id)
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet) == {"accepted": 20}


def test_a_new_sender_can_be_used_when_nothing_is_stopped(boat):
    stop(boat)
    resume_after_complaints(boat.worker, boat.business.client_id)
    added(boat, "new@clinic.example")
    packet = make_sending(boat.worker, boat.business, mailboxes(20), "email")
    boat.run("dispatch", packet, LANE)
    assert boat.states(packet) == {"accepted": 20}


def test_a_stop_that_lasts_keeps_saying_why(boat):
    stop(boat)
    boat.change("update client set complaints_from = now()")  # the seven days are over
    assert watched(boat) == [STOPPED.format("3", "1,000")]


def test_nothing_that_a_lane_meets_hides_why_the_e_mails_are_stopped(boat):
    """A call that was begun before the stop may be refused after it."""
    stop(boat)
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        [sender] = uow.all(
            sql("steps/dispatch/senders"), {"client_id": boat.business.client_id, "channel": "email"}
        )
        refused = {
            "provider": sender.provider,
            "channel": "email",
            "sender_id": sender.id,
            "setbacks": 1,
            "seconds": 60.0,
        }
        uow.execute(
            sql("steps/dispatch/breaker_open"), refused | {"reason": "sender_refused", "params": "{}"}
        )
        uow.commit()
    resume_after_complaints(boat.worker, boat.business.client_id)
    assert (
        boat.rows("select from breaker join sender on sender.id = sender_id where breaker.state <> 'closed'")
        == []
    )


def test_a_resume_during_a_look_holds(boat, monkeypatch):
    stop(boat)
    resuming = Thread(target=resume_after_complaints, args=(boat.worker, boat.business.client_id))
    keep = complaints.keep_alarms

    def keep_slowly(*arguments):
        """The look has read that the e-mails are stopped, and has not written yet."""
        if not resuming.ident:
            resuming.start()
            eventually(lambda: not resuming.is_alive() or waits_for_a_lock(boat))
        return keep(*arguments)

    monkeypatch.setattr(complaints, "keep_alarms", keep_slowly)
    watch_complaints(boat.worker)
    resuming.join()
    assert watched(boat) == []


def waits_for_a_lock(boat):
    return boat.rows(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )


def test_what_is_not_stopped_cannot_be_resumed(boat):
    with pytest.raises(NotStopped):
        resume_after_complaints(boat.worker, boat.business.client_id)
