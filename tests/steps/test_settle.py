"""Settle: every row has one outcome, and they add up (B6)."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import StepFailed
from pipelines.language import say
from pipelines.states import OUTCOME_OF, MessageState, Outcome
from tests.builders import make_packet
from tests.sending import boat_for, make_sending, phones

FATES = ["held", *MessageState]
OUTCOMES = [outcome.value for outcome in Outcome]


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def hold(boat, packet, row_no):
    boat.change(
        "insert into held_row (packet_id, row_no, client_id, step, line_no, code)"
        " values (:packet, :row, :client, 'clean', :row + 1, 'short_number')",
        packet=packet,
        row=row_no,
        client=boat.business.client_id,
    )


def make_fated(boat, fates):
    """A packet whose rows have these states."""
    packet = make_sending(boat.worker, boat.business, phones(len(fates)))
    for row_no, fate in enumerate(fates, 1):
        if fate == "held":
            boat.change(
                "delete from message where packet_id = :packet and row_no = :row", packet=packet, row=row_no
            )
            hold(boat, packet, row_no)
        else:
            boat.change(
                "update message set state = :state where packet_id = :packet and row_no = :row",
                packet=packet,
                row=row_no,
                state=fate.value,
            )
    return packet


def totals(boat, packet):
    (row,) = boat.rows("select * from packet_total where packet_id = :packet", packet=packet)
    return row._mapping


def packet_state(boat, packet):
    (row,) = boat.rows("select state, settled_at from data_packet where id = :packet", packet=packet)
    return row


def test_every_state_of_a_message_is_one_outcome_of_its_row(boat):
    packet = make_fated(boat, FATES)
    result = boat.run("settle", packet)
    found = totals(boat, packet)
    assert {name: found[name] for name in ("rows_in", "sent", "failed", "held", "suppressed")} == {
        "rows_in": 12,
        "sent": 4,
        "failed": 1,
        "held": 1,
        "suppressed": 1,
    }
    assert (found["expired"], found["cancelled"], found["waiting"]) == (1, 1, 3)
    assert (result.rows_in, result.rows_out, result.rows_held) == (12, 4, 1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=12))
def test_whatever_becomes_of_the_rows_each_counts_once(boat, fates):
    packet = make_fated(boat, fates)
    boat.run("settle", packet)
    found = totals(boat, packet)
    expected = Counter("held" if fate == "held" else OUTCOME_OF[fate].value for fate in fates)
    assert {name: found[name] for name in OUTCOMES} == {name: expected[name] for name in OUTCOMES}
    assert found["rows_in"] == len(fates)


def test_a_packet_of_which_all_is_out_is_settled_once(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED, "held"])
    assert say(boat.run("settle", packet).note) == (
        "2 rows = 1 sent + 0 refused by the provider + 1 held + 0 opted out + 0 too late to send + 0 cancelled + 0 waiting."
    )
    state, settled_at = packet_state(boat, packet)
    assert state == "settled"
    boat.run("settle", packet)
    assert packet_state(boat, packet) == ("settled", settled_at)


def test_unknown_messages_are_named_and_do_not_keep_the_packet_open(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED, MessageState.UNKNOWN])
    assert "1 message is unknown." in say(boat.run("settle", packet).note)
    assert packet_state(boat, packet).state == "settled"
    assert totals(boat, packet)["waiting"] == 1


@pytest.mark.parametrize("fate", [MessageState.READY, MessageState.SENDING])
def test_what_is_still_on_its_way_keeps_the_packet_open(boat, fate):
    packet = make_fated(boat, [MessageState.ACCEPTED, fate])
    assert "1 message is still" in say(boat.run("settle", packet).note)
    assert packet_state(boat, packet).state == "preparing"


def test_a_row_with_two_messages_waits_for_both_and_counts_as_sent_once(boat):
    packet = make_fated(boat, [MessageState.FAILED])
    boat.change(
        "insert into message (client_id, packet_id, row_no, channel, state, address, language, rule, body)"
        " values (:client, :packet, 1, 'email', 'accepted', 'a@example.com', 'en', 'test', 'x')",
        client=boat.business.client_id,
        packet=packet,
    )
    boat.run("settle", packet)
    assert (totals(boat, packet)["sent"], totals(boat, packet)["failed"]) == (1, 0)


def test_a_stopped_packet_ends_red_with_its_own_sentence_and_its_totals(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED, MessageState.READY])
    boat.change(
        "update data_packet set state = 'stopped', problem_code = 'file_missing', problem_params = '{}' where id = :packet",
        packet=packet,
    )
    with pytest.raises(StepFailed, match="no longer stored") as failed:
        boat.run("settle", packet)
    assert failed.value.code == "file_missing"
    assert totals(boat, packet)["waiting"] == 1
    assert boat.rows("select state, problem_code from data_packet where id = :packet", packet=packet) == [
        ("stopped", "file_missing")
    ]


def test_a_step_that_died_is_named(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED])
    boat.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state) values (:client, :packet, 'assemble', 1, 'failed')",
        client=boat.business.client_id,
        packet=packet,
    )
    with pytest.raises(StepFailed, match="The step “Assemble the messages” did not succeed"):
        boat.run("settle", packet)


def test_a_row_without_an_outcome_is_found(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED, MessageState.ACCEPTED])
    boat.change("delete from message where packet_id = :packet and row_no = 2", packet=packet)
    with pytest.raises(StepFailed, match="1 row has neither"):
        boat.run("settle", packet)


def test_a_row_that_was_read_and_is_gone_is_found(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED])
    boat.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state, rows_in) values (:client, :packet, 'load', 1, 'done', 2)",
        client=boat.business.client_id,
        packet=packet,
    )
    with pytest.raises(StepFailed, match="Rows read: 2; rows stored: 1"):
        boat.run("settle", packet)


def test_a_held_row_with_a_message_is_found(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED])
    hold(boat, packet, 1)
    with pytest.raises(StepFailed, match="held but also has a message"):
        boat.run("settle", packet)


def test_the_database_refuses_totals_that_do_not_add_up(boat):
    packet = make_fated(boat, [MessageState.ACCEPTED])
    boat.run("settle", packet)
    for outcome in OUTCOMES:
        with pytest.raises(Exception, match="conservation"):
            boat.change(
                f"update packet_total set {outcome} = {outcome} + 1 where packet_id = :packet", packet=packet
            )


def test_an_empty_packet_settles(boat):
    packet = make_packet(boat.worker, boat.business)
    boat.change("update data_packet set state = 'preparing' where id = :packet", packet=packet)
    assert boat.run("settle", packet).rows_in == 0
    assert packet_state(boat, packet).state == "settled"
