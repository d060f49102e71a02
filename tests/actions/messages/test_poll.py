"""Polling: what callbacks never said is asked for, in batches, for three days."""

import time
from datetime import UTC, datetime

import pytest

from pipelines import clock
from pipelines.actions.messages import poll
from pipelines.actions.messages.poll import poll_reports
from pipelines.channels.lanes import Lane
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.states import MessageState
from tests.events.test_apply import event
from tests.fixtures_sandbox import EVERYTHING, SECRETS
from tests.reconciling import MINUTE
from tests.sending import mailboxes, make_sending, phones

HOUR = 60 * MINUTE


def sent(boat, addresses, channel="sms"):
    """A settled packet whose callbacks were all lost, when everything has happened to its messages at the provider."""
    packet = make_sending(boat.worker, boat.business, addresses, channel)
    boat.run("dispatch", packet, Lane(channel, 1).title)
    boat.run("settle", packet)
    time.sleep(EVERYTHING)
    return packet


def polled(boat, passed):
    with clock.set_to(datetime.now(UTC) + passed):
        return poll_reports(boat.worker, boat.settings, SECRETS)


def rounds(boat, packet):
    return [
        tuple(row)
        for row in boat.rows(
            "select round, after_row from report_poll where packet_id = :packet", packet=packet
        )
    ]


@pytest.mark.parametrize(("channel", "addresses"), [("sms", phones(4)), ("email", mailboxes(30))])
def test_missing_reports_are_asked_for(boat, channel, addresses):
    packet = sent(boat, addresses, channel)
    assert boat.states(packet) == {"accepted": len(addresses)}
    polled(boat, 40 * MINUTE)
    assert boat.states(packet) == {"delivered": len(addresses)}


def test_bad_news_is_asked_for_as_well(boat):
    packet = sent(boat, ["+15005550011", "+15005550012", "+15005550013"])
    polled(boat, 40 * MINUTE)
    assert boat.states(packet) == {"undelivered": 1, "failed": 1, "sent": 1}


def test_bad_news_about_another_form_of_the_address_finds_its_message(boat, monkeypatch):
    packet = sent(boat, ["ann@xn--exmple-cua.de", "else@example.com"], "email")
    (attempt,) = boat.rows(
        "select attempt.id, provider_ref from attempt join message on message.id = message_id"
        " join provider_call on provider_call.id = call_id where message.packet_id = :packet and row_no = 1",
        packet=packet,
    )
    boat.change("update provider_call set messages = 2 where packet_id = :packet", packet=packet)
    about = {"provider_ref": attempt.provider_ref, "address": "ann@exämple.de"}
    bad = event(attempt.id, MessageState.FAILED, 5, provider="mailgun", **about)
    monkeypatch.setattr(Mailgun, "report", lambda _self, _reference: [bad])
    polled(boat, 40 * MINUTE)
    assert boat.states(packet) == {"failed": 1, "accepted": 1}


def test_a_callback_has_its_time_first(boat):
    packet = sent(boat, phones(1))
    assert polled(boat, 20 * MINUTE).asked == 0
    assert boat.states(packet) == {"accepted": 1}


def test_an_answer_that_says_nothing_new_changes_nothing(boat):
    packet = sent(boat, ["+15005550013"])
    first, second = polled(boat, 40 * MINUTE), polled(boat, 3 * HOUR)
    assert (first.new, second.answered, second.new) == (1, second.asked, 0)
    assert boat.states(packet) == {"sent": 1}


def test_it_goes_on_where_it_stopped(boat, monkeypatch):
    monkeypatch.setattr(poll, "MAX_ASKED", 3)
    packet = sent(boat, phones(5))
    assert polled(boat, 40 * MINUTE).asked == 3
    assert rounds(boat, packet) == [(0, 3)]
    polled(boat, 41 * MINUTE)
    assert boat.states(packet) == {"delivered": 5}
    assert rounds(boat, packet) == [(1, -1)]


def test_rounds_are_further_and_further_apart(boat):
    packet = sent(boat, ["+15005550013"])
    polled(boat, 40 * MINUTE)
    assert polled(boat, 60 * MINUTE).asked == 0
    assert polled(boat, 75 * MINUTE).asked == 1
    assert polled(boat, 120 * MINUTE).asked == 0
    assert rounds(boat, packet) == [(2, -1)]


def test_a_provider_that_does_not_answer_is_asked_again_from_there(boat, sandbox):
    packet = sent(boat, phones(2))
    sandbox.faults({"action": "listing_broken"})
    done = polled(boat, 40 * MINUTE)
    assert (done.asked, done.answered) == (2, 0)
    assert (boat.states(packet), rounds(boat, packet)) == ({"accepted": 2}, [(0, -1)])
    sandbox.faults()
    polled(boat, 55 * MINUTE)
    assert boat.states(packet) == {"delivered": 2}


def test_after_three_days_nothing_is_asked(boat):
    packet = sent(boat, phones(1))
    assert polled(boat, 73 * HOUR).asked == 0
    polled(boat, 5 * 24 * HOUR)
    assert rounds(boat, packet) == []
