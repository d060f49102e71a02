"""Dispatch: every message at most once, every answer in its class, and nothing done twice by a second run."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipelines.errors import StepFailed
from pipelines.language import say
from pipelines.reports.packet import Packet
from pipelines.steps.dispatch.lane import Pace
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import answering, eventually, raw_server, sandbox
from tests.sending import boat_for, mailboxes, make_sending, phones

__all__ = ["raw_server", "sandbox"]

AT_ONCE = Pace.of(1).threads


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def make(boat, addresses, channel="sms", **when):
    return make_sending(boat.worker, boat.business, addresses, channel, **when)


def received(sandbox):
    """How often each number or address was written to."""
    return Counter(message.to for message in sandbox.journal())


def test_a_lane_sends_every_message_once(boat, sandbox):
    packet = make(boat, phones(230))
    result = boat.run("dispatch", packet, "sms lane 1")
    assert (result.rows_in, result.rows_out, say(result.note)) == (230, 230, "230 accepted.")
    assert received(sandbox) == Counter(phones(230))
    assert boat.states(packet) == {"accepted": 230}


def test_what_was_sent_is_what_was_assembled_and_every_reference_is_kept(boat, sandbox):
    packet = make(boat, phones(3))
    boat.run("dispatch", packet, "sms lane 1")
    kept = boat.rows(
        "select attempt.id::text as attempt, message.body, message.billed_segments as segments, provider_call.provider_ref, provider_call.http_status"
        " from message join attempt on attempt.message_id = message.id join provider_call on provider_call.id = call_id"
        " where message.packet_id = :packet",
        packet=packet,
    )
    assert {(row.attempt, row.body, row.provider_ref) for row in kept} == {
        (message.attempt, message.content["body"], message.id) for message in sandbox.journal()
    }
    assert {(row.segments, row.http_status) for row in kept} == {(1, 201)}


def test_each_call_says_which_sender_it_used(boat, sandbox):
    packet = make(boat, phones(3))
    boat.change("update sender set address = '+442071838750' where channel = 'sms'")
    boat.run("dispatch", packet, "sms lane 1")
    assert {message.sender for message in sandbox.journal()} == {"+442071838750"}
    used = boat.rows(
        "select distinct sender.address from provider_call join sender on sender.id = sender_id where packet_id = :packet",
        packet=packet,
    )
    assert [row.address for row in used] == ["+442071838750"]


def test_without_a_sender_the_packet_stops_and_says_what_to_do(boat, sandbox):
    packet = make(boat, phones(3))
    boat.change("update sender set state = 'paused' where channel = 'sms'")
    with pytest.raises(
        StepFailed,
        match=r"no active sender for SMS.*`packetboat sender add ADDRESS --client \S+ --channel sms`",
    ) as stopped:
        boat.run("dispatch", packet, "sms lane 1")
    assert stopped.value.code == "no_sender"
    assert boat.states(packet) == {"ready": 3}
    [row] = boat.rows("select state, problem_code from data_packet where id = :packet", packet=packet)
    assert (row.state, row.problem_code) == ("stopped", "no_sender")
    boat.change("update sender set state = 'active' where channel = 'sms'")
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 3
    assert sandbox.journal()


def test_a_cleared_green_lane_has_nothing_to_send(boat, sandbox):
    packet = make(boat, phones(20))
    boat.run("dispatch", packet, "sms lane 1")
    again = boat.run("dispatch", packet, "sms lane 1")
    assert (again.rows_in, again.rows_out, say(again.note)) == (0, 0, "Nothing to send.")
    assert received(sandbox) == Counter(phones(20))


def test_two_lanes_share_a_packet(boat, sandbox):
    packet = make(boat, phones(600))
    with ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(lambda lane: boat.run("dispatch", packet, lane), ["sms lane 1", "sms lane 2"])
        )
    assert sum(result.rows_out for result in results) == 600
    assert received(sandbox) == Counter(phones(600))


def test_the_nearest_deadline_goes_first(boat, sandbox):
    packet = make(boat, phones(30))
    boat.change(
        "update message set expires_at = now() + (40 - row_no) * interval '1 hour' where packet_id = :packet",
        packet=packet,
    )
    boat.run("dispatch", packet, "sms lane 1")
    order = [message.to for message in sandbox.journal()]
    places = [order.index(phone) for phone in phones(30)]
    # Several calls are under way at once, so neighbours overtake one another.
    assert sum(places[20:]) < sum(places[10:20]) < sum(places[:10])


def test_a_number_refused_for_good_fails_and_the_rest_goes_out(boat, sandbox):
    packet = make(boat, [*phones(5), "+15005550001"])
    result = boat.run("dispatch", packet, "sms lane 1")
    assert say(result.note) == "5 accepted and 1 refused."
    assert boat.rows(
        "select state, error_code from message where packet_id = :packet and address = '+15005550001'",
        packet=packet,
    ) == [("failed", "21211")]


def test_an_address_that_the_provider_reports_as_opted_out_is_suppressed(boat):
    packet = make(boat, ["+15005550004"])
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"failed": 1}
    assert boat.rows("select channel, address, reason from suppression") == [
        ("sms", "+15005550004", "opted_out")
    ]
    later = make(boat, ["+15005550004"])
    assert say(boat.run("dispatch", later, "sms lane 1").note) == "Nothing to send."
    assert boat.states(later) == {"suppressed": 1}


def test_an_opt_out_after_assembly_is_obeyed(boat, sandbox):
    packet = make(boat, phones(3))
    boat.change(
        "insert into suppression (client_id, channel, address, reason, source) values (:client, 'sms', :phone, 'opted_out', 'test')",
        client=boat.business.client_id,
        phone=phones(3)[1],
    )
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 2, "suppressed": 1}
    assert phones(3)[1] not in received(sandbox)


def test_an_opt_out_after_assembly_is_obeyed_in_whatever_case_the_address_is_written(boat, sandbox):
    packet = make(boat, ["Jane.Doe@Example.com", "janedoe@example.com"], "email")
    boat.change(
        "insert into suppression (client_id, channel, address, reason, source) values (:client, 'email', :mailbox, 'complained', 'test')",
        client=boat.business.client_id,
        mailbox="jane.doe@example.com",
    )
    boat.run("dispatch", packet, "e-mail lane 1")
    assert boat.states(packet) == {"accepted": 1, "suppressed": 1}
    assert list(received(sandbox)) == ["janedoe@example.com"]


def test_one_mailbox_in_two_cases_does_not_stand_twice_in_a_call(boat, sandbox):
    """A lane may begin with a call of one message, so several repetitions show what the next calls hold."""
    janes = [f"{name}@example.com" for name in ("Jane", "jane", "JANE", "jAne")]
    packet = make(boat, [*janes, "joe@example.com"], "email")
    boat.run("dispatch", packet, "e-mail lane 1")
    assert boat.states(packet) == {"accepted": 5}
    assert boat.rows(
        "select count(distinct call_id) from attempt join message on message.id = message_id"
        " where packet_id = :packet and address ilike 'jane@%'",
        packet=packet,
    ) == [(4,)]


def test_nothing_is_sent_after_its_deadline(boat, sandbox):
    packet = make(boat, phones(4), expires="-1 second")
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"expired": 4}
    assert not sandbox.journal()


def test_messages_due_much_later_end_the_lane(boat, sandbox):
    packet = make(boat, phones(2), not_before="10 minutes")
    result = boat.run("dispatch", packet, "sms lane 1")
    code, seconds = boat.wait(packet)
    assert code == "due_later"
    assert 590 < seconds <= 600
    assert "2 messages are not due yet. Sending continues at" in say(result.note)
    assert not sandbox.journal()


def test_what_is_due_soon_is_waited_for(boat, sandbox):
    packet = make(boat, phones(2), not_before="1 second")
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 2
    assert received(sandbox) == Counter(phones(2))


def test_too_many_requests_are_sent_again_after_the_time_asked_for(boat, sandbox):
    sandbox.faults({"action": "too_many", "count": 3, "seconds": 1})
    packet = make(boat, phones(20))
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 20
    assert received(sandbox) == Counter(phones(20))
    assert boat.rows(
        "select state, count(*) from provider_call where packet_id = :packet and http_status is not null group by 1 order by 1",
        packet=packet,
    ) == [("accepted", 20), ("retry", 3)]


@pytest.mark.parametrize("fault", ["lost_answer", "error_after", "error_before", "unreadable", "no_id"])
def test_an_answer_that_says_nothing_is_unknown_and_never_sent_again(boat, sandbox, fault):
    sandbox.faults({"action": fault, "to": "5550002$"})
    packet = make(boat, phones(6))
    assert "1 unknown" in say(boat.run("dispatch", packet, "sms lane 1").note)
    assert boat.states(packet) == {"accepted": 5, "unknown": 1}
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 5, "unknown": 1}
    assert max(received(sandbox).values()) == 1


def test_a_provider_that_asks_for_a_long_pause_gets_it(boat, raw_server):
    packet = make(boat, phones(40))
    busy = raw_server(answering(429, '{"code": 20429}', "Retry-After: 90"))
    boat_for(boat.worker, boat.business, boat.settings.home, busy.url).run("dispatch", packet, "sms lane 1")
    code, seconds = boat.wait(packet)
    assert code == "provider_busy"
    assert 85 < seconds <= 90
    assert len(busy.connections) <= AT_ONCE
    assert boat.states(packet) == {"ready": 40}
    boat.change("update message set not_before = '-infinity' where packet_id = :packet", packet=packet)
    boat.end_breakers()
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 40


def test_a_refused_sender_stops_the_lane_and_the_sender_is_named_as_the_reason(boat, raw_server):
    packet = make(boat, mailboxes(20), "email")
    reason = json.dumps({"message": "'from' parameter is not a valid address. please check documentation"})
    refusing = boat_for(
        boat.worker, boat.business, boat.settings.home, raw_server(answering(400, reason)).url
    )
    result = refusing.run("dispatch", packet, "e-mail lane 1")
    assert "refuses our sender (HTTP 400, code invalid_sender). 20 messages remain" in say(result.note)
    assert boat.wait(packet)[0] == "sender_refused"
    assert boat.states(packet) == {"ready": 20}
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        (need,) = Packet.read(uow, packet).needs
    assert (say(need.sentence), need.for_support) == (
        "The provider refuses our sender; 20 messages wait.",
        True,
    )
    assert "`packetboat sender add`" in say(need.remedy)


def test_wrong_credentials_stop_the_lane_and_fail_no_message(boat, raw_server):
    packet = make(boat, phones(150))
    refusing = raw_server(answering(401, '{"code": 20003}'))
    locked_out = boat_for(boat.worker, boat.business, boat.settings.home, refusing.url)
    result = locked_out.run("dispatch", packet, "sms lane 1")
    assert "refuses our account (HTTP 401, code 20003). 150 messages remain" in say(result.note)
    assert boat.wait(packet)[0] == "provider_down"
    assert boat.rows("select code, cases from packet_alarm where packet_id = :packet", packet=packet) == [
        ("provider_down", 150)
    ], "the alarm is raised at once"
    assert boat.states(packet) == {"ready": 150}
    assert boat.rows("select count(*) from provider_call where http_status = 401")[0].count <= AT_ONCE
    assert len(refusing.connections) <= AT_ONCE


def test_mail_goes_out_a_thousand_a_call(boat, sandbox):
    packet = make(boat, mailboxes(2500), "email")
    assert boat.run("dispatch", packet, "e-mail lane 1").rows_out == 2500
    assert received(sandbox) == Counter(mailboxes(2500))
    sizes = boat.rows(
        "select messages from provider_call where packet_id = :packet order by 1", packet=packet
    )
    assert [row.messages for row in sizes] == [1, 10, 100, 389, 1000, 1000], "it began carefully"


def test_two_messages_to_one_mailbox_travel_in_two_calls(boat, sandbox):
    packet = make(boat, mailboxes(5) + mailboxes(2), "email")
    assert boat.run("dispatch", packet, "e-mail lane 1").rows_out == 7
    assert received(sandbox)[mailboxes(1)[0]] == 2
    assert len({message.content["body"] for message in sandbox.journal()}) == 7


def test_one_bad_address_does_not_hold_up_a_whole_call(boat, sandbox):
    addresses = mailboxes(40)
    addresses[17] = "not an address"
    packet = make(boat, addresses, "email")
    result = boat.run("dispatch", packet, "e-mail lane 1")
    assert (result.rows_in, result.rows_out) == (40, 39)
    assert boat.states(packet) == {"accepted": 39, "failed": 1}
    assert max(received(sandbox).values()) == 1


def test_an_address_that_would_become_two_recipients_fails_alone(boat, sandbox):
    packet = make(boat, [*mailboxes(3), "one@example.com,two@example.com"], "email")
    boat.run("dispatch", packet, "e-mail lane 1")
    assert boat.states(packet) == {"accepted": 3, "failed": 1}
    assert received(sandbox) == Counter(mailboxes(3))


def test_an_unprepared_packet_is_not_sent(boat, sandbox):
    packet = make(boat, phones(2))
    boat.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state) values (:client, :packet, 'clean', 1, 'failed')",
        client=boat.business.client_id,
        packet=packet,
    )
    boat.change(
        "update data_packet set state = 'stopped', problem_code = 'file_missing', problem_params = '{}' where id = :packet",
        packet=packet,
    )
    with pytest.raises(StepFailed, match="no longer stored"):
        boat.run("dispatch", packet, "sms lane 1")
    assert not sandbox.journal()


def test_a_packet_that_a_lane_had_stopped_goes_on(boat):
    packet = make(boat, phones(2))
    boat.change(
        "update data_packet set state = 'stopped', problem_code = 'file_missing', problem_params = '{}' where id = :packet",
        packet=packet,
    )
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 2
    assert boat.rows("select state, problem_code from data_packet where id = :packet", packet=packet) == [
        ("sending", None)
    ]


def test_stopping_a_packet_stops_its_lane_soon(boat, sandbox):
    sandbox.faults({"action": "delay", "seconds": 0.05})
    packet = make(boat, phones(1000))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(boat.run, "dispatch", packet, "sms lane 1")
        eventually(lambda: len(sandbox.journal()) > 100)
        boat.change("update data_packet set state = 'stopped' where id = :packet", packet=packet)
        with pytest.raises(StepFailed):
            running.result()
    sent = len(sandbox.journal())
    assert sent < 600
    assert boat.states(packet) == {"accepted": sent, "ready": 1000 - sent}


def test_no_transaction_is_open_while_the_provider_is_slow(boat, sandbox, database):
    sandbox.faults({"action": "delay", "seconds": 0.8})
    packet = make(boat, phones(8))
    lane = threading.Thread(target=boat.run, args=("dispatch", packet, "sms lane 1"))
    lane.start()
    begun = "select 1 from provider_call where packet_id = :packet and begun_at is not null"
    eventually(lambda: boat.rows(begun, packet=packet))
    with UnitOfWork(database.engine("owner"), every_client=True) as uow:
        locks = uow.scalar(
            text(
                "select count(*) from pg_locks where pid <> pg_backend_pid() and database ="
                " (select oid from pg_database where datname = current_database())"
                " and relation = 'packetboat.message'::regclass"
            )
        )
    lane.join()
    assert locks == 0


def test_the_journal_of_a_lane_moves_while_it_sends(boat, sandbox):
    sandbox.faults({"action": "delay", "seconds": 0.1})
    packet = make(boat, phones(200))
    lane = threading.Thread(target=boat.run, args=("dispatch", packet, "sms lane 1"))
    lane.start()
    seen = eventually(
        lambda: boat.rows(
            "select rows_done from packet_step where packet_id = :packet and rows_done between 1 and 199",
            packet=packet,
        )
    )
    lane.join()
    assert seen
