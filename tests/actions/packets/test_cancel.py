"""Cancelling: what is not begun is never sent, what a provider has or may have stays, and the packet is settled and adds up."""

import io
from uuid import uuid4

import pytest

from pipelines.actions.packets.accept_packet import Submission, SubmissionRefused, accept_packet
from pipelines.actions.packets.cancel import cancel, cancel_effect
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.packets.rerun_step import preview
from pipelines.actions.packets.subjects import ControlRefused, packet_of
from pipelines.errors import NotFound
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.pauses import Subject
from pipelines.events.sweep import close_dead_calls
from pipelines.language import say
from pipelines.states import PREPARE_STEPS
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder
from tests.builders import make_business
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def claim(boat, packet, limit):
    """Messages in the hand of a lane: claimed, not begun."""
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), limit, 1, 60.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        calls = Claims(database, terms).next_calls()
    return terms, calls


def begin(boat, packet, terms, calls):
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        return Recorder(database, packet, terms.owner, frozenset()).exchange([], calls).begun


def facts(boat, packet):
    """State, and totals by outcome."""
    [row] = boat.rows(
        "select state, rows_in, sent, cancelled, waiting from data_packet left join packet_total on packet_id = id where id = :packet",
        packet=packet,
    )
    return tuple(row)


def assert_adds_up(boat, packet):
    recount_packets(boat.worker, packet_id=packet)
    assert boat.rows("select code from packet_alarm where packet_id = :packet", packet=packet) == []


def test_everything_unsent_is_cancelled_and_the_packet_is_settled(boat, sandbox):
    packet = make_sending(boat.worker, boat.business, phones(10))
    pause(boat.worker, None, packet_of(packet), by="ann")
    assert cancel(boat.worker, None, packet_of(packet), by="ann", reason="wrong list") == 10
    assert boat.states(packet) == {"cancelled": 10}
    assert facts(boat, packet) == ("settled", 10, 0, 10, 0)
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    assert not sandbox.journal()
    assert_adds_up(boat, packet)


def test_what_is_in_a_lanes_hand_is_cancelled_and_what_is_in_flight_is_not(boat):
    packet = make_sending(boat.worker, boat.business, phones(9))
    terms, calls = claim(boat, packet, 6)
    assert len(begin(boat, packet, terms, calls[:2])) == 2
    assert cancel(boat.worker, None, packet_of(packet), by="ann") == 7
    assert boat.states(packet) == {"sending": 2, "cancelled": 7}
    assert begin(boat, packet, terms, calls[2:]) == []
    assert facts(boat, packet)[0] == "sending", "two calls are in flight"
    boat.change(
        "update provider_call set lease_until = now() - interval '1 second' where packet_id = :packet",
        packet=packet,
    )
    close_dead_calls(boat.worker)
    finish_cancelled(boat.worker)
    assert boat.states(packet) == {"unknown": 2, "cancelled": 7}
    assert facts(boat, packet) == ("settled", 9, 0, 7, 2)
    assert_adds_up(boat, packet)


def test_what_becomes_ready_later_is_cancelled_too(boat):
    packet = make_sending(boat.worker, boat.business, phones(3))
    terms, calls = claim(boat, packet, 1)
    begin(boat, packet, terms, calls)
    boat.change(
        "update message set state = 'unknown' where packet_id = :packet and state = 'sending'", packet=packet
    )
    boat.change(
        "update provider_call set state = 'unknown', recorded_at = now() where packet_id = :packet",
        packet=packet,
    )
    assert cancel(boat.worker, None, packet_of(packet), by="ann") == 2
    assert facts(boat, packet) == ("settled", 3, 0, 2, 1)
    boat.change(
        "update message set state = 'ready' where packet_id = :packet and state = 'unknown'", packet=packet
    )
    boat.change("update provider_call set state = 'retry' where packet_id = :packet", packet=packet)
    assert finish_cancelled(boat.worker) == 1
    assert facts(boat, packet) == ("settled", 3, 0, 3, 0)
    assert_adds_up(boat, packet)


def test_a_cancelled_packet_with_an_unknown_message_is_left_alone(boat, monkeypatch):
    packet = make_sending(boat.worker, boat.business, phones(3))
    boat.change(
        "update message set state = 'unknown' where packet_id = :packet and row_no = 1", packet=packet
    )
    assert cancel(boat.worker, None, packet_of(packet), by="ann") == 2
    assert facts(boat, packet) == ("settled", 3, 0, 2, 1)
    counted = []
    monkeypatch.setattr("pipelines.events.cancelling.add_up", lambda *what: counted.append(what[-1]))
    finish_cancelled(boat.worker)
    assert packet not in counted


@pytest.mark.parametrize("state", ["received", "preparing", "stopped"])
def test_a_packet_without_messages_is_cancelled_row_by_row(boat, state):
    packet = make_sending(boat.worker, boat.business, phones(4))
    boat.change("delete from message where packet_id = :packet", packet=packet)
    boat.change("update data_packet set state = :state where id = :packet", packet=packet, state=state)
    assert cancel(boat.worker, None, packet_of(packet), by="ann") == 0
    assert facts(boat, packet) == ("settled", 4, 0, 4, 0)
    assert_adds_up(boat, packet)


def test_the_steps_of_a_cancelled_packet_do_nothing_and_succeed(boat):
    packet = make_sending(boat.worker, boat.business, [])
    boat.change("update data_packet set state = 'received' where id = :packet", packet=packet)
    cancel(boat.worker, None, packet_of(packet), by="ann")
    for step in PREPARE_STEPS:
        assert say(boat.run(step, packet).note) == "The packet is cancelled. This step has nothing to do."
    boat.run("settle", packet)
    assert facts(boat, packet) == ("settled", 0, 0, 0, 0)
    assert_adds_up(boat, packet)


def test_settle_cancels_what_assemble_wrote_after_the_cancellation(boat):
    packet = make_sending(boat.worker, boat.business, phones(3))
    boat.change(
        "insert into pause (client_id, packet_id, code, final, begun_by) values (:client, :packet, 'x', true, 'ann')",
        client=boat.business.client_id,
        packet=packet,
    )
    boat.run("settle", packet)
    assert facts(boat, packet) == ("settled", 3, 0, 3, 0)


def test_a_cancelled_packet_is_neither_resumed_nor_rerun_nor_cancelled_again(boat):
    packet = make_sending(boat.worker, boat.business, phones(3))
    cancel(boat.worker, None, packet_of(packet), by="ann")
    for action in (resume, pause, cancel):
        with pytest.raises(ControlRefused, match="cancelled"):
            action(boat.worker, None, packet_of(packet), by="ann")
    effect = preview(boat.worker, None, packet, "dispatch")
    assert not effect.possible
    assert "cancelled" in say(effect.sentences[0])


def test_the_effect_is_told_beforehand(boat):
    packet = make_sending(boat.worker, boat.business, phones(9))
    terms, calls = claim(boat, packet, 3)
    begin(boat, packet, terms, calls[:1])
    boat.change(
        "update message set state = 'unknown' where packet_id = :packet and row_no = 9", packet=packet
    )
    boat.change(
        "update message set state = 'delivered' where packet_id = :packet and row_no = 8", packet=packet
    )
    effect = cancel_effect(boat.worker, None, packet_of(packet))
    assert (effect.packets, effect.unsent, effect.gone, effect.unknown, effect.unmade) == (1, 6, 2, 1, 0)
    assert "6 messages will not be sent." in [say(sentence) for sentence in effect.sentences]
    assert cancel(boat.worker, None, packet_of(packet), by="ann") == 6


def test_a_cancelled_campaign_takes_no_more_packets_and_a_paused_one_does(boat, database):
    business = boat.business
    campaign = Subject(business.client_id, campaign_id=business.campaign_id)
    packets = [make_sending(boat.worker, business, phones(2)) for _ in range(3)]
    boat.change("update data_packet set state = 'settled' where id = :packet", packet=packets[2])
    pause(boat.worker, None, campaign, by="ann")
    submission = Submission(business.client_id, business.campaign_id, "people.csv", "cli", "ann")
    content = b"first_name,phone,contact_date\nAnn,+12025550100,2030-05-01\n"
    receipt = accept_packet(database.engine("app"), boat.settings, submission, io.BytesIO(content))
    assert cancel_effect(boat.worker, None, campaign).packets == 3
    assert cancel(boat.worker, None, campaign, by="ann") == 4
    assert {facts(boat, packet)[0] for packet in [*packets, receipt.packet_id]} == {"settled"}
    with pytest.raises(SubmissionRefused, match="cancelled"):
        accept_packet(database.engine("app"), boat.settings, submission, io.BytesIO(content))


def test_a_packet_sent_in_paused_waits_from_the_start(boat, database):
    business = boat.business
    submission = Submission(business.client_id, business.campaign_id, "people.csv", "cli", "ann", paused=True)
    content = b"first_name,phone,contact_date\nAnn,+12025550100,2030-05-01\n"
    receipt = accept_packet(database.engine("app"), boat.settings, submission, io.BytesIO(content))
    for step in ("load", "map_fields", "clean", "assemble"):
        boat.run(step, receipt.packet_id)
    assert boat.states(receipt.packet_id) == {"ready": 1}
    boat.run("dispatch", receipt.packet_id, "sms lane 1")
    boat.run("settle", receipt.packet_id)
    assert boat.states(receipt.packet_id) == {"ready": 1}
    assert resume(boat.worker, business.client_id, packet_of(receipt.packet_id), by="ann") == 1
    boat.run("dispatch", receipt.packet_id, "sms lane 1")
    boat.run("settle", receipt.packet_id)
    assert facts(boat, receipt.packet_id)[:3] == ("settled", 1, 1)


def test_another_clients_packet_is_not_there(boat):
    packet = make_sending(boat.worker, boat.business, phones(1))
    with pytest.raises(NotFound):
        cancel(boat.worker, make_business(boat.worker).client_id, packet_of(packet), by="eve")
    assert boat.states(packet) == {"ready": 1}
