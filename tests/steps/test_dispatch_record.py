"""Only the owner of an open call may record its answer; while the database is away no answer is lost."""

import time
from contextlib import ExitStack, suppress
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.domain.sending import Answer, Verdict
from pipelines.events.sweep import give_back_unbegun
from pipelines.steps.dispatch import database as database_module
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.record import Recorder, database_is_away
from pipelines.steps.dispatch.send import Sent
from pipelines.store.engine import engine
from pipelines.store.sqlfile import sql
from tests.sending import boat_for, make_sending, phones

TAKEN = Answer(Verdict.ACCEPTED, provider_ref="SM1", http_status=201, segments=2)


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def database_of(boat):
    """Connections as lanes have them."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(LaneDatabase(boat.worker, boat.business.client_id))


@pytest.fixture
def packet(boat):
    packet_id = make_sending(boat.worker, boat.business, phones(4))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet_id)
    return packet_id


@pytest.fixture
def claims(boat, database_of):
    def claims(boat, packet, owner, **changes):
        return Claims(database_of(), terms(boat, packet, owner, **changes))

    return claims


@pytest.fixture
def recorder(boat, database_of):
    def recorder(boat, packet, owner):
        return Recorder(database_of(), packet, owner, frozenset({"21610"}))

    return recorder


def terms(boat, packet, owner, **changes):
    values = {
        "client_id": boat.business.client_id,
        "packet_id": packet,
        "channel": "sms",
        "provider": "twilio",
        "sender_id": uuid4(),
        "owner": owner,
        "per_group": 50,
        "per_call": 1,
        "lease_seconds": 60.0,
    }
    return Terms(**(values | changes))


def test_an_opt_out_is_stored_in_the_comparable_form(boat, claims, recorder):
    packet = make_sending(boat.worker, boat.business, ["Jane@Example.com"], "email")
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    owner = uuid4()
    [call] = claims(boat, packet, owner, channel="email", provider="mailgun").next_calls()
    recorder(boat, packet, owner).exchange([Sent(call, Answer(Verdict.REFUSED, error_code="21610"))], [])
    assert boat.rows("select channel, address, reason from suppression") == [
        ("email", "jane@example.com", "opted_out")
    ]


def test_the_owner_records_its_answer(boat, packet, claims, recorder):
    owner = uuid4()
    calls = claims(boat, packet, owner).next_calls()
    reference = f"SM{uuid4().hex}"
    answer = Answer(Verdict.ACCEPTED, provider_ref=reference, http_status=201, segments=2)
    assert recorder(boat, packet, owner).exchange([Sent(calls[0], answer)], []).packet.state == "sending"
    assert boat.states(packet) == {"accepted": 1, "sending": 3}
    assert boat.rows(
        "select provider_ref, http_status, state from provider_call where id = :call", call=calls[0].id
    ) == [(reference, 201, "accepted")]


@pytest.mark.parametrize("odd", ['a "b"', "a\\b", "a,b", "{a}", "NULL", "", "a\nb", " a "])
def test_the_words_of_a_provider_are_recorded_as_they_are(boat, packet, claims, recorder, odd):
    owner = uuid4()
    first, second, *_ = claims(boat, packet, owner).next_calls()
    recorder(boat, packet, owner).exchange([], [first, second])
    answers = [
        Answer(Verdict.REFUSED, error_code=odd, http_status=400),
        Answer(Verdict.ACCEPTED, provider_ref=odd, http_status=201),
    ]
    recorder(boat, packet, owner).exchange(list(map(Sent, [first, second], answers)), [])
    recorded = "select provider_ref, http_status, error_code from provider_call where recorded_at is not null order by id"
    assert boat.rows(recorded) == [(None, 400, odd), (odd, 201, None)]


def test_the_answer_of_another_owner_changes_nothing(boat, packet, claims, recorder):
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    recorder(boat, packet, uuid4()).exchange([Sent(call, TAKEN)], [])
    assert boat.states(packet) == {"sending": 4}
    assert boat.rows(
        "select state, provider_ref, http_status, recorded_at from provider_call where id = :call",
        call=call.id,
    ) == [("sending", None, None, None)]
    recorder(boat, packet, owner).exchange([Sent(call, TAKEN)], [])
    assert boat.states(packet) == {"accepted": 1, "sending": 3}, "its owner's own record still counts"


def test_a_late_answer_after_the_lease_ended_changes_nothing(boat, packet, claims, recorder):
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    boat.change("update provider_call set state = 'unknown' where id = :call", call=call.id)
    boat.change("update message set state = 'unknown' where packet_id = :packet", packet=packet)
    recorder(boat, packet, owner).exchange([Sent(call, Answer(Verdict.RETRY))], [])
    assert boat.states(packet) == {"unknown": 4}, "a message that may be out became ready again"


def test_a_repeated_answer_counts_once(boat, packet, claims, recorder):
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    for verdict in (Verdict.UNKNOWN, Verdict.RETRY):
        recorder(boat, packet, owner).exchange([Sent(call, Answer(verdict))], [])
    assert boat.states(packet) == {"sending": 3, "unknown": 1}


def test_the_first_answer_of_a_call_stays(boat, packet, claims, recorder):
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    for reference in ("SM-first", "SM-second"):
        answer = Answer(Verdict.ACCEPTED, provider_ref=reference + call.id.hex, http_status=201)
        recorder(boat, packet, owner).exchange([Sent(call, answer)], [])
    assert boat.rows("select provider_ref from provider_call where id = :call", call=call.id) == [
        (f"SM-first{call.id.hex}",)
    ]


def test_a_call_that_was_given_up_is_not_recorded_any_more(boat, packet, claims, recorder):
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    boat.change(
        "update provider_call set state = 'unknown', error_code = 'lease_ended', recorded_at = now() where id = :call",
        call=call.id,
    )
    recorder(boat, packet, owner).exchange([Sent(call, TAKEN)], [])
    assert boat.rows("select state, error_code from provider_call where id = :call", call=call.id) == [
        ("unknown", "lease_ended")
    ]


@pytest.mark.parametrize(
    "odd", [{"provider_ref": "SM\0"}, {"provider_ref": "SM\ud800"}, {"segments": 10**6}, {"error_code": "\0"}]
)
def test_an_answer_that_the_database_refuses_costs_no_other_its_record(boat, packet, claims, recorder, odd):
    owner = uuid4()
    first, second, third, _ = claims(boat, packet, owner).next_calls()
    ends = [Sent(first, TAKEN), Sent(second, Answer(Verdict.ACCEPTED, **odd)), Sent(third, TAKEN)]
    lane = recorder(boat, packet, owner)
    exchanged = lane.exchange(ends, [])
    assert exchanged.packet.state == "sending"
    assert boat.states(packet) == {"accepted": 2, "unknown": 1, "sending": 1}
    assert boat.rows("select state, error_code from provider_call where id = :call", call=second.id) == [
        ("unknown", "unrecordable_answer")
    ]


def test_what_is_begun_with_an_odd_answer_is_begun_all_the_same(boat, packet, claims, recorder):
    owner = uuid4()
    first, second, *_ = claims(boat, packet, owner).next_calls()
    odd = Sent(first, Answer(Verdict.ACCEPTED, provider_ref="\0"))
    assert recorder(boat, packet, owner).exchange([odd], [second]).begun == [second]


def begun(boat, packet):
    query = "select id from provider_call where packet_id = :packet and begun_at is not null"
    return {row.id for row in boat.rows(query, packet=packet)}


def test_only_what_is_begun_may_be_made(boat, packet, claims, recorder):
    owner = uuid4()
    calls = claims(boat, packet, owner).next_calls()
    assert begun(boat, packet) == set()
    assert recorder(boat, packet, owner).exchange([], calls[:3]).begun == calls[:3]
    assert begun(boat, packet) == {call.id for call in calls[:3]}


def test_a_call_may_be_begun_twice(boat, packet, claims, recorder):
    """The answer of the database to the first was lost: the call was not made, and still may be."""
    owner = uuid4()
    (call, *_) = claims(boat, packet, owner).next_calls()
    at = []
    for _ in range(2):
        assert recorder(boat, packet, owner).exchange([], [call]).begun == [call]
        at += boat.rows("select begun_at from provider_call where id = :call", call=call.id)
    assert at[0] == at[1]


def test_another_owner_cannot_begin_a_call(boat, packet, claims, recorder):
    calls = claims(boat, packet, uuid4()).next_calls()
    assert recorder(boat, packet, uuid4()).exchange([], calls).begun == []


def test_what_was_given_back_cannot_be_begun(boat, packet, claims, recorder):
    owner = uuid4()
    calls = claims(boat, packet, owner).next_calls()
    boat.change(
        "update provider_call set claimed_at = now() - interval '1 hour' where packet_id = :packet",
        packet=packet,
    )
    assert give_back_unbegun(boat.worker, packet) == 4
    assert recorder(boat, packet, owner).exchange([], calls).begun == []
    assert boat.states(packet) == {"ready": 4}


def test_nothing_of_a_stopped_packet_is_begun(boat, packet, claims, recorder):
    owner = uuid4()
    calls = claims(boat, packet, owner).next_calls()
    boat.change("update data_packet set state = 'stopped' where id = :packet", packet=packet)
    exchanged = recorder(boat, packet, owner).exchange([], calls)
    assert (exchanged.packet.state, exchanged.begun) == ("stopped", [])


def test_what_has_begun_may_be_made_even_if_the_packet_cannot_be_read(
    boat, packet, claims, recorder, monkeypatch
):
    """The database went away after the calls were committed as begun: nobody else would make them."""
    owner = uuid4()
    first, given_back, *_ = claims(boat, packet, owner).next_calls()
    boat.change("update provider_call set recorded_at = now() where id = :call", call=given_back.id)
    together = LaneDatabase.together

    def goes_away(self, statements, **more):
        if [statement for statement, _ in statements] == [sql("steps/packet/problem")]:
            raise OperationalError("", {}, ConnectionError())
        return together(self, statements, **more)

    monkeypatch.setattr(LaneDatabase, "together", goes_away)
    exchanged = recorder(boat, packet, owner).exchange([], [first, given_back])
    assert (exchanged.begun, exchanged.packet) == ([first], None)


def test_a_call_that_was_not_made_is_ready_at_once(boat, packet, claims, recorder):
    owner = uuid4()
    walk = claims(boat, packet, owner)
    calls = walk.next_calls()
    recorder(boat, packet, owner).exchange([Sent(call, None) for call in calls], [])
    assert boat.states(packet) == {"ready": 4}
    walk.restart()
    assert len(walk.next_calls()) == 4


def test_a_busy_provider_is_tried_later(boat, packet, claims, recorder):
    owner = uuid4()
    walk = claims(boat, packet, owner)
    calls = walk.next_calls()
    recorder(boat, packet, owner).exchange(
        [Sent(call, Answer(Verdict.RETRY, retry_after=20)) for call in calls], []
    )
    outlook = walk.outlook()
    assert outlook.ready == 4
    assert 19 < outlook.due_in <= 20
    walk.restart()
    assert walk.next_calls() == []


def test_what_may_go_again_only_after_its_deadline_expires(boat, packet, claims, recorder):
    owner = uuid4()
    calls = claims(boat, packet, owner).next_calls()
    boat.change("update message set expires_at = now() where packet_id = :packet", packet=packet)
    recorder(boat, packet, owner).exchange([Sent(call, Answer(Verdict.RETRY)) for call in calls], [])
    assert boat.states(packet) == {"expired": 4}


def test_two_walks_share_out_a_packet(boat, packet, claims, recorder):
    first, second = (claims(boat, packet, uuid4(), per_group=2) for _ in range(2))
    taken = [call.messages[0].address for walk in (first, second, first) for call in walk.next_calls()]
    assert sorted(taken) == phones(4)
    assert not second.next_calls()


def test_a_walk_looks_behind_it_only_when_restarted(boat, packet, claims, recorder):
    walk = claims(boat, packet, uuid4(), per_group=2)
    walk.next_calls()
    boat.change("update message set state = 'ready' where packet_id = :packet and row_no = 1", packet=packet)
    assert [call.messages[0].address for call in walk.next_calls()] == phones(4)[2:]
    assert not walk.next_calls()
    walk.restart()
    assert [call.messages[0].address for call in walk.next_calls()] == phones(4)[:1]


def test_each_call_has_its_own_attempts_of_its_own_messages(boat, packet, claims):
    first, second = claims(boat, packet, uuid4(), per_group=4, per_call=3).next_calls()
    written = (
        "select attempt.call_id, attempt.id, address from attempt join message on message.id = message_id"
    )
    assert [len(call.messages) for call in (first, second)] == [3, 1]
    assert set(boat.rows(written)) == {
        (call.id, message.attempt_id, message.address)
        for call in (first, second)
        for message in call.messages
    }


def test_the_halves_of_a_refused_call_hold_its_messages_and_no_others(boat, packet, claims, recorder):
    owner = uuid4()
    walk = claims(boat, packet, owner, per_group=3, per_call=3)
    (whole,) = walk.next_calls()
    recorder(boat, packet, owner).exchange([Sent(whole, Answer(Verdict.SPLIT))], [])
    halves = walk.halves(whole)
    assert [[message.address for message in half.messages] for half in halves] == [phones(2), phones(3)[2:]]
    assert boat.states(packet) == {"ready": 1, "sending": 3}


def test_a_lane_that_freezes_within_a_transaction_loses_its_lock(boat, packet, database_of):
    """All callbacks would wait for it. Its transaction is rolled back, and its next statement gets a new connection."""
    database = database_of()
    database.run(text("set idle_in_transaction_session_timeout = '1s'"))

    def freeze():
        with database.transaction():
            database.one(sql("steps/packet/share"), {"packet_id": packet})
            time.sleep(2.5)
            boat.change("update data_packet set state = 'stopped' where id = :packet", packet=packet)
            database.one(sql("steps/packet/share"), {"packet_id": packet})

    with pytest.raises(DBAPIError) as ended:
        freeze()
    assert database_is_away(ended.value)
    assert database.one(sql("steps/packet/problem"), {"packet_id": packet}).state == "stopped"


def test_every_lane_has_such_a_limit(boat, database_of):
    assert database_of().one(text("show idle_in_transaction_session_timeout"), {}) == ("10s",)


@pytest.mark.parametrize(
    ("default", "used"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")]
)
def test_a_commit_of_a_lane_waits_for_the_disk_whatever_the_servers_default(boat, default, used):
    url = boat.worker.url
    options = f"{url.query.get('options', '')} -c synchronous_commit={default}"
    worker = engine(url.update_query_dict({"options": options}))
    with LaneDatabase(worker, boat.business.client_id) as database:
        shown = database.one(text("select current_setting('synchronous_commit') as value"), {})
    worker.dispose()
    assert shown.value == used


def test_a_lane_that_freezes_between_the_statements_of_one_round_trip_loses_its_locks(
    boat, packet, monkeypatch
):
    """The server waits for the rest of the trip: to it, the session is not idle."""
    sooner = database_module.SET_UP.replace("transaction_timeout = '30s'", "transaction_timeout = '1s'")
    assert sooner.count("'1s'") == 1
    monkeypatch.setattr(database_module, "SET_UP", sooner)
    lock = "select set_config('lock_timeout', '20s', true), 1 from data_packet where id = :packet for update"
    locked = False
    with suppress(DBAPIError), LaneDatabase(boat.worker, boat.business.client_id) as frozen:
        frozen.run(text("select 1"))
        with suppress(psycopg.OperationalError), frozen._driver.pipeline():
            frozen._driver.execute("begin")
            frozen._driver.execute("select from data_packet where id = %s for update", [packet])
            frozen._driver.pgconn.flush()
            boat.change(lock, packet=packet)
            locked = True
    assert locked
