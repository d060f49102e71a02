"""Rows that were tampered with: the recount finds each kind of flaw, with its number of cases, and reports nothing for a packet that adds up."""

import pytest

from pipelines.actions.packets.recount_packets import Recounted, recount_packets
from pipelines.events.apply import apply_events
from pipelines.reports.needs import FLAWS
from pipelines.reports.packet import Packet
from pipelines.store.unit_of_work import UnitOfWork
from tests.attack.test_stuck import journal
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones
from tests.steps.test_settle import hold

__all__ = ["sandbox"]

ROWS = 12


@pytest.fixture
def boat(database, business, tmp_path, sandbox):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def report(boat, packet, row_no, state, rank):
    """The provider reports what became of a row's message."""
    boat.change(
        "with received as ("
        "insert into event_inbox (provider, unique_key, state, rank, attempt_id, provider_ref, address, raw)"
        " select 'twilio', 'event-' || attempt.id || :state, :state, :rank, attempt.id, call.provider_ref, message.address, '{}'"
        " from message join attempt on attempt.message_id = message.id join provider_call as call on call.id = attempt.call_id"
        " where message.packet_id = :packet and row_no = :row"
        " returning id) insert into open_event (inbox_id) select id from received",
        packet=packet, row=row_no, state=state, rank=rank,
    )  # fmt: skip


@pytest.fixture
def settled(boat, sandbox):
    """Twelve rows that went every way there is: held, refused, unknown, opted out, expired, tried twice, delivered, undelivered, accepted."""
    packet = make_sending(boat.worker, boat.business, phones(ROWS))
    journal(boat, packet, "load", "done")
    boat.change("delete from message where packet_id = :packet and row_no = 1", packet=packet)
    hold(boat, packet, 1)
    people = dict(enumerate(phones(ROWS), 1))
    boat.change(
        "update message set expires_at = now() where packet_id = :packet and row_no = 2", packet=packet
    )
    boat.change(
        "insert into suppression (client_id, channel, address, reason, source) values (:client, 'sms', :to, 'opted_out', 'test')",
        client=boat.business.client_id, to=people[3],
    )  # fmt: skip
    boat.change(
        "update message set address = '+15005550001' where packet_id = :packet and row_no = 4", packet=packet
    )
    sandbox.faults(
        {"action": "lost_answer", "to": people[5][1:]},
        {"action": "too_many", "to": people[6][1:], "count": 1, "seconds": 0},
    )
    boat.run("dispatch", packet, "sms lane 1")
    for row_no, state, rank in ((7, "delivered", 5), (8, "undelivered", 5), (9, "sent", 3)):
        report(boat, packet, row_no, state, rank)
    apply_events(boat.worker)
    boat.run("settle", packet)
    assert boat.states(packet) == {
        "expired": 1, "suppressed": 1, "failed": 1, "unknown": 1, "delivered": 1, "undelivered": 1, "sent": 1, "accepted": 4,
    }  # fmt: skip
    return packet


def flaws(boat, packet):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        return {need.code: need.cases for need in Packet.read(uow, packet).needs if need.is_flaw}


def recount(boat, packet):
    return recount_packets(boat.worker, packet_id=packet)


def test_a_packet_that_adds_up_has_no_flaws(boat, settled):
    assert recount(boat, settled) == Recounted(1, 0)
    assert flaws(boat, settled) == {}


MESSAGE_OF_ROW = "select id from message where packet_id = :packet and row_no = 7"
COUNT_TRIES = f"select count(*) from attempt where message_id = ({MESSAGE_OF_ROW})"  # two when the 429 reached its group first
EVERY_TRY = "every try"
LAST_CALL = (
    f"select call_id from attempt where message_id = ({MESSAGE_OF_ROW}) order by attempt_no desc limit 1"
)
TAMPERED = {
    "a row of the file is deleted": (
        "delete from data_packet_row where packet_id = :packet and row_no = 7",
        {"rows_differ": 1, "totals_differ": 1, "messages_without_row": 1},
    ),
    "a row of the file appears": (
        ("insert into data_packet_row (packet_id, row_no, client_id, line_no, cells)"
        " select packet_id, 99, client_id, 100, cells from data_packet_row where packet_id = :packet and row_no = 7"),
        {"rows_differ": 1, "totals_differ": 1, "rows_without_outcome": 1},
    ),
    "a message is deleted": (
        f"delete from message where id = ({MESSAGE_OF_ROW})",
        {"totals_differ": 1, "rows_without_outcome": 1, "tries_lost": EVERY_TRY},
    ),
    "a message is set back to sending": (
        f"update message set state = 'sending' where id = ({MESSAGE_OF_ROW})",
        {"totals_differ": 1, "messages_open": 1},
    ),
    "a message is set back to ready": (
        f"update message set state = 'ready' where id = ({MESSAGE_OF_ROW})",
        {"totals_differ": 1, "messages_open": 1},
    ),
    "an unknown message is called accepted": (
        "update message set state = 'accepted' where packet_id = :packet and state = 'unknown'",
        {"totals_differ": 1, "states_unexplained": 1},
    ),
    "a refused message is called delivered": (
        "update message set state = 'delivered' where packet_id = :packet and state = 'failed'",
        {"totals_differ": 1, "states_unexplained": 1},
    ),
    "a delivered message is called undelivered": (
        f"update message set state = 'undelivered' where id = ({MESSAGE_OF_ROW})",
        {"states_unexplained": 1},
    ),
    "an accepted message is called unknown": (
        "update message set state = 'unknown' where packet_id = :packet and state = 'accepted'",
        {"totals_differ": 4, "states_unexplained": 4},
    ),
    "the report behind a state is deleted": (
        f"delete from message_event where message_id = ({MESSAGE_OF_ROW})",
        {"states_unexplained": 1},
    ),
    "the call of an accepted message says otherwise": (
        ("update provider_call set state = 'refused' where packet_id = :packet and state = 'accepted' and id in"
        " (select call_id from attempt join message on message.id = message_id where message.state = 'accepted')"),
        {"states_unexplained": 4},
    ),
    "its tries are deleted": (
        f"delete from attempt where message_id = ({MESSAGE_OF_ROW})",
        {"tries_lost": EVERY_TRY},
    ),
    "an earlier try is deleted": (
        ("delete from attempt where attempt_no = 1 and message_id in"
        " (select id from message where packet_id = :packet and row_no = 6)"),
        {"tries_lost": 1},
    ),
    "a call is deleted": (f"delete from provider_call where id = ({LAST_CALL})", {"tries_lost": 1}),
    "a row is held although it was written to": (
        ("insert into held_row (packet_id, row_no, client_id, step, line_no, code, params)"
        " select packet_id, 7, client_id, step, 8, code, params from held_row where packet_id = :packet"),
        {"rows_twofold": 1, "totals_differ": 1},
    ),
    "the reason of a held row is deleted": (
        "delete from held_row where packet_id = :packet",
        {"rows_without_outcome": 1, "totals_differ": 1},
    ),
    "the totals are shifted": (
        "update packet_total set sent = sent - 2, failed = failed + 2 where packet_id = :packet",
        {"totals_differ": 2},
    ),
    "the rows that were too late are shifted": (
        "update packet_total set late = late + 7 where packet_id = :packet",
        {"totals_differ": 7},
    ),
    "a message that was too late is called opted out": (
        "update message set state = 'suppressed' where packet_id = :packet and state = 'expired'",
        {"totals_differ": 1},
    ),
    "a message of a packet that costs nothing gets a price": (
        f"update message set price_minor = 3 where id = ({MESSAGE_OF_ROW})", {"money_differs": 1}
    ),
    "the totals are deleted": ("delete from packet_total where packet_id = :packet", {"totals_missing": 1}),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_one_change_by_hand_is_named_with_its_count(boat, settled, what):
    statement, expected = TAMPERED[what]
    ((tries,),) = boat.rows(COUNT_TRIES, packet=settled)
    boat.change(statement, packet=settled)
    assert recount(boat, settled) == Recounted(1, 1)
    assert flaws(boat, settled) == {
        code: tries if cases == EVERY_TRY else cases for code, cases in expected.items()
    }


def test_every_flaw_is_found_by_some_test():
    assert {code for _, expected in TAMPERED.values() for code in expected} == set(FLAWS)


def test_an_alarm_keeps_its_time_and_is_cleared_when_the_flaw_is_fixed(boat, settled):
    boat.change(
        "update packet_total set sent = sent - 1, failed = failed + 1 where packet_id = :packet",
        packet=settled,
    )
    recount(boat, settled)
    first = boat.rows("select code, raised_at from packet_alarm where packet_id = :packet", packet=settled)
    recount(boat, settled)
    assert (
        boat.rows("select code, raised_at from packet_alarm where packet_id = :packet", packet=settled)
        == first
    )
    boat.run("settle", settled)
    assert recount(boat, settled) == Recounted(1, 0)
    assert flaws(boat, settled) == {}


def test_a_round_takes_what_changed_first_then_what_waited_longest(boat, settled, database):
    for _ in range(50):  # everything that other tests have left
        if recount_packets(boat.worker).packets == 0:
            break
    proved = "select proved_at from packet_watch where packet_id = :packet"
    before = boat.rows(proved, packet=settled)
    assert recount_packets(boat.worker).packets == 0, "nothing changed, and the hour is not over"
    boat.change("update packet_total set updated_at = now() where packet_id = :packet", packet=settled)
    assert recount_packets(boat.worker, max_rows=1).packets == 0, (
        "a large packet waits a minute for each max_rows"
    )
    boat.change(
        "update packet_watch set proved_at = now() - interval '20 minutes' where packet_id = :packet",
        packet=settled,
    )
    assert recount_packets(boat.worker, max_rows=1).packets == 1, "one at least, however large"
    assert boat.rows(proved, packet=settled) > before
    boat.change(
        "update packet_watch set proved_at = now() - interval '2 hours' where packet_id = :packet",
        packet=settled,
    )
    assert recount_packets(boat.worker).packets == 1


def test_an_old_packet_is_recounted_once_a_month_and_when_it_changed(boat, settled):
    for _ in range(50):  # everything that other tests have left
        if recount_packets(boat.worker).packets == 0:
            break
    proved = (
        "update packet_watch set proved_at = now() - make_interval(days => :days) where packet_id = :packet"
    )
    old = "update data_packet set received_at = now() - interval '200 days' where id = :packet"
    changed = (
        "update packet_total set updated_at = now() - make_interval(days => :days) where packet_id = :packet"
    )
    boat.change(old, packet=settled)
    boat.change(changed, packet=settled, days=100)
    boat.change(proved, packet=settled, days=29)
    assert recount_packets(boat.worker).packets == 0
    boat.change(proved, packet=settled, days=31)
    assert recount_packets(boat.worker).packets == 1
    boat.change(proved, packet=settled, days=2)
    boat.change(changed, packet=settled, days=1)
    assert recount_packets(boat.worker).packets == 1


def test_a_packet_that_runs_again_is_left_alone_until_it_has_ended(boat, settled):
    boat.change("update message set state = 'ready' where packet_id = :packet and row_no = 7", packet=settled)
    journal(boat, settled, "dispatch", "running", "sms lane 1")
    assert recount(boat, settled) == Recounted(0, 0)
