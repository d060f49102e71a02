"""A packet's totals count rows: with several messages for a row they agree with a recount after everything that happens."""

import threading
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipelines.domain.sending import ProviderEvent
from pipelines.events.apply import apply_events
from pipelines.events.inbox import store
from pipelines.events.sweep import close_dead_calls
from pipelines.events.totals import keep_totals, outcome_differences
from pipelines.reports.packet import PacketPage
from pipelines.reports.packets import PacketList
from pipelines.states import MessageState, Outcome
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]

S = MessageState
LANE = "sms lane 1"
WORDS = [(S.SENT, 4), (S.DELIVERED, 5), (S.UNDELIVERED, 5), (S.FAILED, 5), (S.CANCELLED, 5)]
STATES = ["ready", "sending", "unknown", "accepted", "failed", "suppressed", "expired", "cancelled"]
TOTALS = f"select rows_in, {', '.join(Outcome)} from packet_total where packet_id = :packet"
IN_FLIGHT = {"sending", "unknown", "accepted"}
TOUCH = """
update message set state = :after, state_at = now() where id = :id
returning id, packet_id, row_no, old.state as state_before, new.state as state_after
"""


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def make(boat, rows):
    """A packet with a row for each list of states, and in it a message in each of them; returns it and its attempts in flight."""
    packet = make_sending(boat.worker, boat.business, phones(len(rows)))
    boat.change("delete from message where packet_id = :packet", packet=packet)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    in_flight = []
    for step_no in range(1, max(map(len, rows)) + 1):
        who = {"packet": packet, "client": boat.business.client_id, "step": step_no}
        boat.change(
            "insert into message_series (packet_id, step_no, channel, client_id) values (:packet, :step, 'sms', :client)",
            **who,
        )
        for row_no, states in enumerate(rows, 1):
            if len(states) >= step_no:
                in_flight += add(
                    boat,
                    who | {"row": row_no, "state": states[step_no - 1], "to": phones(len(rows))[row_no - 1]},
                )
    return packet, in_flight


def add(boat, values):
    boat.change(
        "insert into message (id, client_id, packet_id, row_no, step_no, channel, state, address, language, rule, body, attempt_no)"
        " select message_id(series, :row), :client, :packet, :row, :step, 'sms', :state, :to, 'en', 'test', 'x', 1"
        " from message_series where packet_id = :packet and step_no = :step",
        **values,
    )
    if values["state"] not in IN_FLIGHT:
        return []
    call, attempt = uuid4(), uuid4()
    boat.change(
        "insert into provider_call (id, client_id, packet_id, provider, channel, messages, state, owner, lease_until, begun_at)"
        " values (:call, :client, :packet, 'twilio', 'sms', 1, :state, uuidv7(), now() + interval '1 hour', now())",
        call=call, **{name: values[name] for name in ("client", "packet", "state")},
    )  # fmt: skip
    boat.change(
        "insert into attempt (id, client_id, message_id, attempt_no, call_id)"
        " select :attempt, :client, message_id(series, :row), 1, :call"
        " from message_series where packet_id = :packet and step_no = :step",
        attempt=attempt, call=call, **{name: values[name] for name in ("client", "packet", "row", "step")},
    )  # fmt: skip
    return [(attempt, values["to"])]


def kept_and_recounted(boat, packet):
    """The totals as they were kept, and as settle counts them now."""
    kept = boat.rows(TOTALS, packet=packet)
    boat.run("settle", packet)
    return kept, boat.rows(TOTALS, packet=packet)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.sampled_from(STATES), min_size=1, max_size=3), min_size=1, max_size=4),
    steps=st.lists(
        st.lists(st.tuples(st.integers(0, 11), st.sampled_from(WORDS)), max_size=4), min_size=1, max_size=3
    ),
    sweep=st.booleans(),
)
def test_whatever_happens_the_totals_are_those_of_a_recount(boat, rows, steps, sweep):
    packet, in_flight = make(boat, rows)
    boat.run("settle", packet)
    for words in steps:
        for place, (state, rank) in words:
            if in_flight:
                attempt, address = in_flight[place % len(in_flight)]
                event = ProviderEvent(
                    "twilio",
                    uuid4().hex,
                    state,
                    rank,
                    attempt_id=attempt,
                    provider_ref=f"SM{attempt.hex}",
                    address=address,
                )
                store(boat.worker, [event], {})
        apply_events(boat.worker)
        kept, recounted = kept_and_recounted(boat, packet)
        assert kept == recounted
    if sweep:
        boat.change(
            "update provider_call set lease_until = now() - interval '1 hour' where packet_id = :packet",
            packet=packet,
        )
        close_dead_calls(boat.worker)
        kept, recounted = kept_and_recounted(boat, packet)
        assert kept == recounted


@pytest.mark.parametrize("first_after", ["accepted", "failed", "expired"])
@pytest.mark.parametrize("second_after", ["accepted", "failed", "suppressed"])
def test_two_messages_of_a_row_that_move_at_the_same_time_end_right(boat, first_after, second_after):
    """Each transaction moves its message before either has counted: the one that counts last sees both."""
    packet, _ = make(boat, [["unknown", "unknown"]])
    boat.run("settle", packet)
    ids = [
        row.id
        for row in boat.rows(
            "select id from message where packet_id = :packet order by step_no", packet=packet
        )
    ]

    def move(uow, number, after):
        return uow.all(text(TOUCH), {"id": ids[number], "after": after})

    with UnitOfWork(boat.worker, every_client=True) as one, UnitOfWork(boat.worker, every_client=True) as two:
        moved_one, moved_two = move(one, 0, first_after), move(two, 1, second_after)
        keep_totals(one, moved_one)

        def finish_two():
            keep_totals(two, moved_two)
            two.commit()

        other = threading.Thread(target=finish_two)
        other.start()
        time.sleep(0.2)
        assert other.is_alive(), "it did not wait for the packet: nothing was raced"
        one.commit()
        other.join(10)
    kept, recounted = kept_and_recounted(boat, packet)
    assert kept == recounted


def test_a_packet_without_totals_gets_none_here(boat):
    packet, [(attempt, address)] = make(boat, [["accepted"]])
    store(
        boat.worker,
        [
            ProviderEvent(
                "twilio", uuid4().hex, S.FAILED, 5, attempt_id=attempt, provider_ref="SM1", address=address
            )
        ],
        {},
    )
    apply_events(boat.worker)
    assert boat.rows(TOTALS, packet=packet) == []


@pytest.fixture
def sending_boat(boat, sandbox):
    """A boat whose provider accepts what it gets."""
    return boat_for(boat.worker, boat.business, boat.settings.home, sandbox.url)


def read_in(boat, packet):
    """Note in the journal that all rows of the packet were loaded."""
    boat.change(
        "insert into packet_step (client_id, packet_id, step, lane, attempt, state, rows_in, rows_out, rows_held, started_at, ended_at)"
        " select client_id, packet_id, 'load', '', 1, 'done', count(*), count(*), 0, now() - interval '1 hour', now() - interval '1 hour'"
        " from data_packet_row where packet_id = :packet group by client_id, packet_id",
        packet=packet,
    )


def shown(boat, packet):
    """The outcomes that the packet's page shows, and how many rows the list of packets counts as sent."""
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        balance = PacketPage.read(uow, packet).balance
        (row,) = (row for row in PacketList.read(uow).packets if row.id == packet)
    return {part.name: part.rows for part in balance.parts if part.rows}, row.sent


def report_failed(boat, packet, count):
    """The provider reports that `count` accepted messages of the packet have failed."""
    rows = boat.rows(
        "select attempt.id, message.address from attempt join message on message.id = attempt.message_id"
        " and attempt.attempt_no = message.attempt_no"
        " where message.packet_id = :packet and message.state = 'accepted' order by message.row_no limit :count",
        packet=packet,
        count=count,
    )
    for attempt, address in rows:
        event = ProviderEvent("twilio", uuid4().hex, S.FAILED, 5, attempt_id=attempt, address=address)
        store(boat.worker, [event], {})
    assert apply_events(boat.worker)


def packet_state(boat, packet):
    ((state,),) = boat.rows("select state from data_packet where id = :packet", packet=packet)
    return state


@pytest.mark.parametrize(
    ("before", "after", "sibling", "late"),
    [
        (S.READY, S.EXPIRED, S.DELIVERED, 1),
        (S.READY, S.EXPIRED, S.EXPIRED, None),
        (S.EXPIRED, S.ACCEPTED, S.DELIVERED, -1),
        (S.SENT, S.FAILED, S.EXPIRED, None),
    ],
)
def test_a_row_with_a_message_that_was_too_late_is_counted_beside_its_outcome(before, after, sibling, late):
    packet = uuid4()
    moved = SimpleNamespace(id=uuid4(), packet_id=packet, row_no=1, state_before=before, state_after=after)
    other = SimpleNamespace(packet_id=packet, row_no=1, state=sibling)
    assert outcome_differences([moved], [other]).get((packet, "late")) == late


def test_a_run_after_a_wait_is_added_up_by_its_own_settle(sending_boat):
    """The totals of the run before say `waiting`: an event of this run must not be set against them."""
    boat = sending_boat
    packet = make_sending(boat.worker, boat.business, phones(4), not_before="20 hours")
    read_in(boat, packet)
    boat.run("dispatch", packet, LANE)
    boat.run("settle", packet)
    assert shown(boat, packet) == ({"waiting": 4}, 0)
    boat.change("update message set not_before = now() where packet_id = :packet", packet=packet)
    boat.run("dispatch", packet, LANE)
    assert shown(boat, packet) == ({"sent": 4}, 4)
    report_failed(boat, packet, 2)
    assert packet_state(boat, packet) == "sending", "only settle has seen all of it"
    assert shown(boat, packet) == ({"sent": 4}, 4), "the journal knows no more until settle adds up"
    boat.run("settle", packet)
    assert packet_state(boat, packet) == "settled"
    assert shown(boat, packet) == ({"sent": 2, "failed": 2}, 2)
    report_failed(boat, packet, 1)
    assert shown(boat, packet) == ({"sent": 1, "failed": 3}, 1)


def test_a_message_that_is_ready_after_all_opens_its_settled_packet_again(sending_boat):
    boat = sending_boat
    packet = make_sending(boat.worker, boat.business, phones(2))
    boat.run("dispatch", packet, LANE)
    boat.run("settle", packet)
    ((first_time,),) = boat.rows("select settled_at from data_packet where id = :packet", packet=packet)
    boat.change("update message set state = 'ready' where packet_id = :packet and row_no = 1", packet=packet)
    boat.run("dispatch", packet, LANE)
    report_failed(boat, packet, 1)
    assert packet_state(boat, packet) == "sending"
    boat.run("settle", packet)
    assert boat.rows(
        "select sent, failed, waiting from packet_total where packet_id = :packet", packet=packet
    ) == [(1, 1, 0)]
    assert boat.rows("select state, settled_at from data_packet where id = :packet", packet=packet) == [
        ("settled", first_time)
    ]


def test_a_lane_without_work_leaves_a_settled_packet_and_its_totals_alone(sending_boat):
    boat = sending_boat
    packet = make_sending(boat.worker, boat.business, phones(2))
    boat.run("dispatch", packet, LANE)
    boat.run("settle", packet)
    boat.run("dispatch", packet, LANE)
    assert packet_state(boat, packet) == "settled"
    assert boat.rows("select sent from packet_total where packet_id = :packet", packet=packet) == [(2,)]


def test_what_a_lane_has_sent_stays_counted_when_it_runs_again(sending_boat):
    boat = sending_boat
    packet = make_sending(boat.worker, boat.business, phones(4))
    read_in(boat, packet)
    boat.change(
        "update message set not_before = now() + interval '1 day' where packet_id = :packet and row_no = 4",
        packet=packet,
    )
    for sent in (3, 3):
        boat.run("dispatch", packet, LANE)
        assert shown(boat, packet) == ({"sent": sent, "waiting": 1}, sent)
    boat.change("update message set not_before = now() where packet_id = :packet", packet=packet)
    boat.run("dispatch", packet, LANE)
    assert shown(boat, packet) == ({"sent": 4}, 4)
