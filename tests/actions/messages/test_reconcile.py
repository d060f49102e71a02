"""Unknown is not the end: what the provider lists was accepted, what two lists lack is sent again, the rest is for a person."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from pipelines import clock
from pipelines.actions.messages.reconcile import Reconciled, Times, _claim, _missing, _settle, reconcile
from pipelines.actions.packets.cancel import cancel
from pipelines.actions.packets.subjects import packet_of
from pipelines.channels.sms import Sms
from pipelines.domain.sending import ProviderEvent
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.events.sweep import give_back_unbegun
from pipelines.providers.carriers.base import Carrier
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.providers.carriers.twilio import Twilio
from pipelines.states import MessageState
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, change_campaign
from tests.fixtures_sandbox import SECRETS
from tests.reconciling import MINUTE, after, claim, lost, send, twice_empty
from tests.sending import mailboxes, phones


def checks(boat, packet):
    query = "select empty, failures, reason from call_check where packet_id = :packet order by call_id"
    return [tuple(row) for row in boat.rows(query, packet=packet)]


def calls_of(boat, packet):
    query = "select state, error_code, provider_ref is not null from provider_call where packet_id = :packet order by id"
    return [tuple(row) for row in boat.rows(query, packet=packet)]


def packet_state(boat, packet):
    ((state,),) = boat.rows("select state from data_packet where id = :packet", packet=packet)
    return state


def report(boat, message, state, rank):
    """A callback about one message of the sandbox's journal, stored and applied."""
    event = ProviderEvent(
        message.service,
        f"{message.id} {state}",
        MessageState(state),
        rank,
        UUID(message.attempt),
        message.id,
        message.to,
    )
    store(boat.worker, [event], {})
    apply_events(boat.worker)


def test_what_the_list_has_was_accepted(boat, sandbox):
    packet, _ = lost(boat, phones(3))
    assert after(boat, minutes=2).found == 3
    assert sum(boat.states(packet).values()) == 3
    assert boat.states(packet).keys() <= {"accepted", "sent", "delivered"}
    ids = {message.id for message in sandbox.journal()}
    rows = boat.rows("select provider_ref from provider_call where packet_id = :packet", packet=packet)
    assert {row.provider_ref for row in rows} == ids
    after(boat, minutes=3)
    assert checks(boat, packet) == []


def test_a_list_is_not_read_before_a_callback_had_its_time(boat):
    packet, _ = lost(boat, phones(1))
    after(boat, seconds=30)
    assert boat.states(packet) == {"unknown": 1}


def test_what_two_lists_lack_is_ready_again(boat):
    packet, _ = lost(boat, phones(2), arrived=set())
    boat.run("settle", packet)
    assert packet_state(boat, packet) == "settled"
    for minutes, empty in ((2, 0), (13, 1), (16, 1)):
        after(boat, minutes=minutes)
        assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 2}, [(empty, 0, None)] * 2)
    assert after(boat, minutes=19).not_accepted == 2
    assert boat.states(packet) == {"ready": 2}
    assert calls_of(boat, packet) == [("retry", "not_found", False)] * 2
    assert packet_state(boat, packet) == "sending"
    assert boat.rows("select waiting from packet_total where packet_id = :packet", packet=packet) == [(2,)]


def test_a_message_that_is_ready_again_is_sent_once(boat, sandbox):
    packet, _ = lost(boat, phones(2), arrived={0})
    twice_empty(boat)
    boat.run("dispatch", packet, "sms lane 1")
    assert len(sandbox.journal()) == 2
    assert len({message.to for message in sandbox.journal()}) == 2
    assert "unknown" not in boat.states(packet)


def test_past_its_deadline_it_expires_and_its_packet_stays_settled(boat):
    packet, _ = lost(boat, phones(1), arrived=set(), expires="20 minutes")
    boat.run("settle", packet)
    twice_empty(boat)
    assert boat.states(packet) == {"expired": 1}
    assert packet_state(boat, packet) == "settled"
    totals = boat.rows("select waiting, expired from packet_total where packet_id = :packet", packet=packet)
    assert totals == [(0, 1)]


@pytest.mark.parametrize(("sent", "again"), [(3, 0), (2, 1), (0, 3)])
def test_identical_messages_are_counted(boat, sent, again):
    same = phones(1) * 3
    packet, _ = lost(boat, same, arrived=set(range(sent)), same_text=True)
    twice_empty(boat)
    assert boat.states(packet).get("ready", 0) == again
    assert sum(boat.states(packet).values()) == 3


def test_a_reference_that_another_call_owns_proves_nothing(boat):
    packet, _ = lost(boat, phones(1), arrived={0}, same_text=True)
    after(boat, minutes=2)
    assert "unknown" not in boat.states(packet)
    twin, _ = lost(boat, phones(1), arrived=set(), same_text=True)
    twice_empty(boat)
    assert boat.states(twin) == {"ready": 1}


def test_nothing_is_concluded_while_a_twin_is_in_flight(boat):
    packet, _ = lost(boat, phones(1), arrived=set(), same_text=True)
    _, (call,), _ = claim(boat, phones(1), same_text=True)
    send(boat, call.messages)  # its answer is not recorded yet, so the list shows a message that nobody owns
    assert after(boat, minutes=2).found == 0
    assert boat.states(packet) == {"unknown": 1}


def test_a_message_of_another_text_leaves_it_to_a_person(boat):
    packet, (call,) = lost(boat, phones(1), arrived=set())
    boat.change("update message set body = 'Something else' where packet_id = :packet", packet=packet)
    send(boat, call.messages)
    twice_empty(boat)
    assert boat.states(packet) == {"unknown": 1}
    assert checks(boat, packet)[0][2] == "ambiguous"


def test_a_notice_or_an_answer_of_our_own_proves_nothing(boat, sandbox):
    packet, (call,) = lost(boat, phones(1), arrived=set())
    boat.change("update message set body = 'Something else' where packet_id = :packet", packet=packet)
    send(boat, call.messages)
    (message,) = sandbox.journal()
    boat.change("insert into own_message (provider_ref) values (:reference)", reference=message.id)
    twice_empty(boat)
    assert boat.states(packet) == {"ready": 1}


@pytest.mark.parametrize("fault", ["listing_broken", "listing_empty"])
def test_a_list_that_fails_once_decides_nothing(boat, sandbox, fault):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": fault, "service": "twilio"})
    after(boat, minutes=13)
    assert boat.states(packet) == {"unknown": 1}
    sandbox.faults()
    after(boat, minutes=20)
    assert "unknown" not in boat.states(packet)


def test_a_list_that_fails_for_good_never_means_not_accepted(boat, sandbox):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": "listing_broken"})
    for hours in (1, 2, 5, 10):
        after(boat, hours=hours)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 1}, [(0, 4, None)])
    assert after(boat, hours=30).for_person == 1
    assert checks(boat, packet) == [(0, 5, "list_unread")]


def test_a_list_that_lags_behind_is_waited_for(boat, sandbox):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": "listing_late", "seconds": 3600})
    after(boat, minutes=13)
    sandbox.faults()
    after(boat, minutes=19)
    assert "unknown" not in boat.states(packet)


@pytest.mark.parametrize(("arrived", "state"), [(None, "found"), (set(), "ready")])
def test_a_call_of_many_e_mails_is_decided_as_a_whole(boat, sandbox, arrived, state):
    packet, calls = lost(boat, mailboxes(40), "email", arrived=arrived)
    assert len(calls) == 1
    after(boat, minutes=20)
    if arrived is None:
        assert sum(boat.states(packet).values()) == 40
        assert "unknown" not in boat.states(packet)
    else:
        assert boat.states(packet) == {"unknown": 40}, "a young page of events is not trusted"
        twice_empty(boat)
        assert boat.states(packet) == {state: 40}


def rejected_as(monkeypatch, address):
    """Mailgun lists that it rejected the first message, and writes its address so."""
    find = Mailgun.find

    def found(self, search):
        listing = find(self, search)
        changes = {"state": MessageState.FAILED, "rank": 5, "address": address}
        listing.messages = [
            replace(one, event=replace(one.event, unique_key=f"{one.event.unique_key} rejected", **changes))
            for one in listing.messages
            if one.event.address == "ann@xn--exmple-cua.de"
        ]
        return listing

    monkeypatch.setattr(Mailgun, "find", found)


IDN = ["ann@xn--exmple-cua.de", "else@example.com"]


def test_what_is_listed_with_another_form_of_the_address_proves_the_call(boat, monkeypatch):
    packet, _ = lost(boat, IDN, "email")
    rejected_as(monkeypatch, "ann@exämple.de")
    assert after(boat, minutes=20).found == 1
    assert boat.states(packet) == {"failed": 1, "accepted": 1}


def test_what_is_listed_and_proves_nothing_is_left_to_a_person(boat, monkeypatch):
    packet, _ = lost(boat, IDN, "email")
    rejected_as(monkeypatch, "another@example.com")
    for minutes in (20, 26, 32):
        after(boat, minutes=minutes)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 2}, [(0, 3, "ambiguous")])


def test_a_list_that_is_read_at_last_leaves_nothing_to_a_person(boat, sandbox):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": "listing_broken"})
    for hours in (1, 2, 5, 10):
        after(boat, hours=hours)
    sandbox.faults()
    done = after(boat, hours=12)
    assert (done.found, done.for_person) == (1, 0)
    assert "unknown" not in boat.states(packet)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_list_that_no_longer_goes_back_so_far_proves_nothing(boat, sandbox, channel):
    """No errand ran for a long time, and the provider has forgotten what it accepted."""
    packet, _ = lost(boat, phones(1) if channel == "sms" else mailboxes(1), channel, expires="50 days")
    sandbox.faults({"action": "listing_empty"})
    for minutes in (0, 6, 12):
        after(boat, days=31, minutes=minutes)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 1}, [(0, 0, "list_too_old")])


def test_a_reading_that_comes_too_late_does_not_confirm_an_earlier_one(boat):
    packet, _ = lost(boat, mailboxes(1), "email", arrived=set(), expires="50 days")
    after(boat, minutes=35)
    after(boat, days=2)
    assert (boat.states(packet), checks(boat, packet)[0][2]) == ({"unknown": 1}, "list_too_old")


def test_the_list_of_another_account_proves_nothing(boat):
    packet, _ = lost(boat, phones(1))
    another = SECRETS | {"twilio_account_sid": "AC" + "f" * 32}
    reconcile(boat.worker, boat.settings, another)
    boat.change("update message set address = '+15005550199' where packet_id = :packet", packet=packet)
    twice_empty(boat)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 1}, [(0, 0, "other_account")])
    by_old_lane, _ = lost(boat, phones(2)[1:], arrived=set())  # it may have begun with the old account
    twice_empty(boat)
    assert checks(boat, by_old_lane) == [(0, 0, "other_account")]
    boat.change("update provider_account set since = since - interval '6 hours'")
    again, _ = lost(boat, phones(3)[2:], arrived=set())
    twice_empty(boat)
    assert boat.states(again) == {"ready": 1}


def test_what_has_value_is_left_to_a_person(boat):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        change_campaign(uow, boat.business, details=REMINDER | {"valuable": True})
        uow.commit()
    packet, _ = lost(boat, phones(1), arrived=set())
    twice_empty(boat)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 1}, [(2, 0, "valuable")])


def test_a_channel_may_forbid_to_send_again(boat, monkeypatch):
    monkeypatch.setattr(Sms, "resends", False)
    packet, _ = lost(boat, phones(1), arrived=set())
    twice_empty(boat)
    assert checks(boat, packet) == [(2, 0, "valuable")]


def test_a_provider_without_a_list_leaves_it_to_a_person(boat, monkeypatch):
    monkeypatch.setattr(Twilio, "find", Carrier.find)
    packet, _ = lost(boat, phones(1))
    after(boat, minutes=2)
    assert checks(boat, packet) == [(0, 0, None)]
    after(boat, minutes=30)
    assert (boat.states(packet), checks(boat, packet)) == ({"unknown": 1}, [(0, 0, "cannot_list")])


def test_several_processes_decide_each_call_once(boat, sandbox):
    packet, _ = lost(boat, phones(20), arrived=set(range(10)))
    found = not_accepted = 0
    for minutes in (2, 13, 19):
        with clock.set_to(datetime.now(UTC) + minutes * MINUTE), ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: reconcile(boat.worker, boat.settings, SECRETS), range(4)))
        found += sum(one.found for one in done)
        not_accepted += sum(one.not_accepted for one in done)
    assert (found, not_accepted) == (10, 10)
    assert boat.states(packet).get("ready") == 10
    assert len(sandbox.journal()) == 10


def test_a_reading_whose_claim_was_taken_over_decides_nothing(boat, sandbox):
    packet, _ = lost(boat, phones(1), arrived=set())
    for minutes in (2, 13):
        after(boat, minutes=minutes)
    boat.change("update call_check set next_at = now() where packet_id = :packet", packet=packet)
    owner, now = uuid4(), datetime.now(UTC) + 19 * MINUTE
    rows = _claim(boat.worker, owner, now)
    boat.change("update call_check set owner = uuidv7() where packet_id = :packet", packet=packet)
    done = Reconciled()
    _settle(boat.worker, owner, [_missing(row, Times(now, now)) for row in rows], done)
    assert (boat.states(packet), done.not_accepted) == ({"unknown": 1}, 0)


def test_late_truth_is_kept_and_counted(boat, sandbox):
    """Two lists lag, the message is sent again, and then the first one is reported."""
    packet, (call,) = lost(boat, phones(1))
    sandbox.faults({"action": "listing_empty"})
    twice_empty(boat)
    assert boat.states(packet) == {"ready": 1}
    boat.run("dispatch", packet, "sms lane 1")
    assert len(sandbox.journal()) == 2
    sandbox.faults()
    report(boat, sandbox.journal()[0], "delivered", 5)
    rows = boat.rows("select attempt_id, resent from late_proof where packet_id = :packet", packet=packet)
    assert rows == [(call.messages[0].attempt_id, True)]
    assert [row[0] for row in calls_of(boat, packet)] == ["accepted", "accepted"]


def test_late_truth_before_it_is_sent_again_prevents_that(boat, sandbox):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": "listing_empty"})
    twice_empty(boat)
    sandbox.faults()
    report(boat, sandbox.journal()[0], "sent", 4)
    boat.run("dispatch", packet, "sms lane 1")
    assert len(sandbox.journal()) == 1
    assert boat.states(packet) == {"sent": 1}
    assert boat.rows("select resent from late_proof where packet_id = :packet", packet=packet) == [(False,)]


def test_late_truth_after_an_attempt_that_was_given_back_is_no_double(boat, sandbox):
    packet, _ = lost(boat, phones(1))
    sandbox.faults({"action": "listing_empty"})
    twice_empty(boat)
    sandbox.faults()
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    (sender,) = boat.rows("select id from sender where channel = 'sms'")
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", sender.id, uuid4(), 10, 1, 60.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        assert len(Claims(database, terms).next_calls()) == 1
    assert give_back_unbegun(boat.worker, packet, claim_seconds=0) == 1
    report(boat, sandbox.journal()[0], "sent", 4)
    assert boat.states(packet) == {"sent": 1}
    assert boat.rows("select resent from late_proof where packet_id = :packet", packet=packet) == [(False,)]
    report(boat, sandbox.journal()[0], "undelivered", 5)
    assert boat.states(packet) == {"undelivered": 1}, "nothing else went out"


def test_a_message_that_is_cancelled_was_not_missed(boat, sandbox):
    packet, _ = lost(boat, phones(1), arrived=set())
    twice_empty(boat)
    query = "select state, error_code from message where packet_id = :packet"
    assert boat.rows(query, packet=packet) == [("ready", "not_found")]
    cancel(boat.worker, None, packet_of(packet), by="ann")
    assert boat.rows(query, packet=packet) == [("cancelled", None)]
