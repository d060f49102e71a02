"""What one lane learns about a provider in trouble holds for all lanes: they make one call per pause, together."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.actions.sending.add_sender import add_sender
from pipelines.events.sweep import close_dead_calls
from pipelines.events.waiting import watch_waits
from pipelines.steps.dispatch.breaker import Senders
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.lane import Pace
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.fixtures_sandbox import answering, eventually, raw_server, sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["raw_server", "sandbox"]

LANES = ["sms lane 1", "sms lane 2"]
# Four lanes and the sandbox share a machine that may be busy: a slow answer is not a lost one.
PATIENT = {"call_timeout": 30.0, "connect_timeout": 30.0}


@pytest.fixture
def worker(database):
    return database.engine("worker")


@pytest.fixture
def two(worker, business, sandbox, tmp_path):
    """The boats of two clients that use the same provider, and a packet of each."""
    clients = (business, make_business(worker))
    boats = [boat_for(worker, one, tmp_path, sandbox.url, **PATIENT) for one in clients]
    people = [phones(200), phones(200, first=5_560_000)]
    return [
        (boat, make_sending(worker, boat.business, some)) for boat, some in zip(boats, people, strict=True)
    ]


def all_lanes(two, url=None):
    """Both lanes of both packets at once; `url` is where the provider is, if not in the sandbox."""
    boats = [
        (boat_for(boat.worker, boat.business, boat.settings.home, url, **PATIENT) if url else boat, packet)
        for boat, packet in two
    ]
    with ThreadPoolExecutor(4) as pool:
        for lane in [
            pool.submit(boat.run, "dispatch", packet, lane) for boat, packet in boats for lane in LANES
        ]:
            lane.result()


def calls(worker, status):
    """How many calls have got this answer, of all clients."""
    with UnitOfWork(worker, every_client=True) as uow:
        return uow.scalar(
            text(
                "select count(*) from provider_call where http_status = :status and claimed_at > now() - interval '1 hour'"
                " and packet_id in (select id from data_packet where state = 'sending')"
            ),
            {"status": status},
        )


def breakers(boat):
    return [
        tuple(row)
        for row in boat.rows("select provider, channel, sender_id is null, state, reason from breaker")
    ]


def test_four_lanes_of_two_clients_make_one_call_per_pause_when_the_account_is_refused(
    worker, two, raw_server
):
    refusing = raw_server(answering(401, '{"code": 20003}'))
    before = calls(worker, 401)
    all_lanes(two, refusing.url)
    at_first = calls(worker, 401) - before
    assert 1 <= at_first <= 4, "each lane that had begun its first call"
    [(boat, packet), (other, other_packet)] = two
    assert breakers(boat) == [("twilio", "sms", True, "open", "provider_down")]
    for number in range(1, 4):
        boat.end_breakers()
        all_lanes(two, refusing.url)
        assert calls(worker, 401) - before == at_first + number
    assert boat.states(packet) == {"ready": 200}
    assert {one.wait(which)[0] for one, which in two} == {"provider_down"}
    all_lanes(two, refusing.url)
    assert calls(worker, 401) - before == at_first + 3, "not before the pause is over"
    assert other.states(other_packet) == {"ready": 200}


def test_when_it_is_over_one_call_lets_all_lanes_go_on(worker, two, raw_server, sandbox):
    all_lanes(two, raw_server(answering(401, '{"code": 20003}')).url)
    two[0][0].end_breakers()
    all_lanes(two)
    assert [boat.states(packet) for boat, packet in two] == [{"accepted": 200}] * 2
    assert set(Counter(message.to for message in sandbox.journal()).values()) == {1}
    assert breakers(two[0][0]) == [("twilio", "sms", True, "closed", "provider_down")]
    assert two[0][0].rows("select setbacks from breaker") == [(0,)], "the next pause is a short one again"


def test_packets_that_waited_go_on_at_once_when_another_found_the_provider_back(worker, two, raw_server):
    all_lanes(two, raw_server(answering(401, '{"code": 20003}')).url)
    [(boat, packet), (other, other_packet)] = two
    watch_waits(worker)
    assert other.wait(other_packet)[0] == "provider_down", "nobody has found it back yet"
    boat.end_breakers()
    boat.run("dispatch", packet, LANES[0])
    assert boat.wait(packet) is None
    watch_waits(worker)
    assert other.wait(other_packet) is None
    assert other.rows("select from packet_alarm where packet_id = :packet", packet=other_packet) == []


def test_a_lane_in_full_flight_stops_when_another_lane_has_met_the_trouble(worker, two, sandbox, monkeypatch):
    usual = Pace.of
    monkeypatch.setattr(Pace, "of", lambda size: replace(usual(size), wait_here=0.5))
    [(boat, packet), _] = two
    sandbox.faults({"action": "delay", "seconds": 0.1})
    with ThreadPoolExecutor(1) as pool:
        lane = pool.submit(boat.run, "dispatch", packet, LANES[0])
        eventually(lambda: len(sandbox.journal()) > 20)
        boat.change(
            "insert into breaker (provider, channel, state, reason, setbacks, retry_at)"
            " values ('twilio', 'sms', 'open', 'provider_down', 1, now() + interval '1 minute')"
        )
        began = len(sandbox.journal())
        lane.result()
    assert len(sandbox.journal()) <= began + 3 * Pace.of(1).threads
    assert boat.wait(packet)[0] == "provider_down"
    assert "unknown" not in boat.states(packet)


@pytest.mark.parametrize("in_trouble", [False, True])
def test_a_lane_leaves_a_sender_that_is_no_longer_active(two, sandbox, monkeypatch, in_trouble):
    monkeypatch.setattr("pipelines.steps.dispatch.breaker.LOOK_FOR_BETTER", 60.0 if in_trouble else 0.1)
    [(boat, packet), _] = two
    sandbox.faults({"action": "delay", "seconds": 0.1})
    with ThreadPoolExecutor(1) as pool:
        lane = pool.submit(boat.run, "dispatch", packet, LANES[0])
        eventually(lambda: len(sandbox.journal()) > 20)
        who = {"client_id": boat.business.client_id, "channel": "sms"}
        add_sender(boat.worker, provider="plivo", address="+15005550099", **who)
        if in_trouble:
            boat.change(
                "insert into breaker (provider, channel, state, reason, setbacks, retry_at)"
                " values ('twilio', 'sms', 'open', 'provider_down', 1, now() + interval '1 minute')"
            )
        assert lane.result(timeout=120).rows_out == 200
    assert by_service(sandbox)["plivo"] > 20
    assert boat.rows("select max(attempt_no) <= 3 as few from message where packet_id = :id", id=packet) == [
        (True,)
    ]


def test_a_single_refusal_to_take_more_now_concerns_its_own_lane(worker, two, sandbox):
    [(boat, packet), _] = two
    sandbox.faults({"action": "too_many", "count": 1, "seconds": 0.2})
    boat.run("dispatch", packet, LANES[0])
    assert boat.states(packet) == {"accepted": 200}
    assert breakers(boat) == []


def test_one_lane_tries_at_a_time_and_a_dead_one_is_replaced(worker, two, sandbox):
    [(boat, packet), _] = two
    [its_end] = boat.returning(
        "insert into breaker (provider, channel, state, reason, setbacks, retry_at, holder)"
        " values ('twilio', 'sms', 'half_open', 'provider_unclear', 1, now() + interval '3 seconds', uuidv7())"
        " returning extract(epoch from retry_at)::float8 as at"
    )
    assert boat.run("dispatch", packet, LANES[0]).rows_out == 200, "that one is dead: its time is over"
    assert min(message.at for message in sandbox.journal()) >= its_end.at, "another lane is trying"


def test_a_refused_sender_holds_back_nobody_else(worker, two, raw_server, sandbox):
    [(boat, packet), (other, other_packet)] = two
    refusing = raw_server(answering(400, '{"code": 21606}'))
    boat_for(worker, boat.business, boat.settings.home, refusing.url).run("dispatch", packet, LANES[0])
    assert breakers(boat) == [("twilio", "sms", False, "open", "sender_refused")]
    other.run("dispatch", other_packet, LANES[0])
    assert other.states(other_packet) == {"accepted": 200}
    assert boat.states(packet) == {"ready": 200}


def tries(boat, owner):
    """Whether this lane may try a call with the sender of the boat's client."""
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        sender = Senders(database, boat.business.client_id, "sms").choose()
        line = {"provider": "twilio", "channel": "sms", "sender_id": sender.id}
        return bool(database.all(sql("steps/dispatch/breaker_probe"), line | {"owner": owner, "seconds": 60}))


def test_a_lane_whose_own_sender_is_held_back_leaves_the_one_call_to_others(two):
    [(boat, _), (other, _)] = two
    boat.change(
        "insert into breaker (provider, channel, sender_id, state, reason, setbacks, retry_at)"
        " select provider, channel, id, 'open', 'complaints', 0, 'infinity'::timestamptz from sender where channel = 'sms'"
        " union all select 'twilio', 'sms', null, 'open', 'provider_down', 1, now() - interval '1 second'"
    )
    assert not tries(boat, uuid4())
    holder = uuid4()
    assert tries(other, holder)
    boat.change(
        "update breaker set retry_at = now() - interval '1 second' from sender where sender.id = sender_id"
    )
    assert not tries(boat, uuid4()), "another lane is trying"
    assert tries(boat, holder)


@pytest.fixture
def with_fallback(two):
    """The first client's boat and packet; Plivo carries what Twilio cannot."""
    [(boat, packet), _] = two
    add_sender(
        boat.worker,
        client_id=boat.business.client_id,
        channel="sms",
        provider="plivo",
        address="+15005550099",
        fallback=True,
    )
    return boat, packet


def carried(boat, packet):
    """How many messages each provider has accepted, by its own records."""
    query = "select provider, sum(messages) from provider_call where packet_id = :packet and state = 'accepted' group by 1"
    return {row.provider: row.sum for row in boat.rows(query, packet=packet)}


def by_service(sandbox):
    return Counter(message.service for message in sandbox.journal())


def test_a_fall_back_takes_what_is_ready_when_the_first_provider_refuses_us(with_fallback, sandbox):
    boat, packet = with_fallback
    sandbox.faults({"action": "locked_out", "service": "twilio"})
    boat.run("dispatch", packet, LANES[0])
    assert boat.states(packet) == {"accepted": 200}
    assert by_service(sandbox) == {"plivo": 200} == carried(boat, packet)
    assert boat.wait(packet) is None
    assert breakers(boat) == [("twilio", "sms", True, "open", "provider_down")]


def test_the_sender_with_the_lowest_priority_comes_first(with_fallback):
    boat, _ = with_fallback
    client = boat.business.client_id
    with LaneDatabase(boat.worker, client) as database:
        senders = Senders(database, client, "sms")
        assert senders.choose().provider == "twilio"
        boat.change("update sender set priority = priority + 2 where provider = 'twilio' and channel = 'sms'")
        assert senders.choose().provider == "plivo"


def test_what_is_unknown_stays_with_the_first_provider_and_nobody_gets_two(with_fallback, sandbox):
    boat, packet = with_fallback
    sandbox.faults({"action": "error_after", "service": "twilio"})
    boat.run("dispatch", packet, LANES[0])
    states = boat.states(packet)
    assert 1 <= states["unknown"] <= 3
    assert states == {"unknown": states["unknown"], "accepted": 200 - states["unknown"]}
    assert by_service(sandbox) == {"twilio": states["unknown"], "plivo": states["accepted"]}
    assert set(Counter(message.to for message in sandbox.journal()).values()) == {1}


def test_new_claims_go_back_to_the_first_provider_when_it_is_back(with_fallback, sandbox, monkeypatch):
    monkeypatch.setattr("pipelines.steps.dispatch.breaker.LOOK_FOR_BETTER", 0.1)
    boat, packet = with_fallback
    sandbox.faults(
        {"action": "locked_out", "service": "twilio", "count": 1}, {"action": "delay", "seconds": 0.5}
    )
    with ThreadPoolExecutor(1) as pool:
        lane = pool.submit(boat.run, "dispatch", packet, LANES[0])
        eventually(lambda: by_service(sandbox)["plivo"] > 0)
        boat.end_breakers()
        lane.result()
    assert boat.states(packet) == {"accepted": 200}
    assert carried(boat, packet) == by_service(sandbox)
    assert by_service(sandbox)["twilio"] > 50, "it went back"
    assert set(Counter(message.to for message in sandbox.journal()).values()) == {1}
    assert breakers(boat) == [("twilio", "sms", True, "closed", "provider_down")]


def test_when_both_are_in_trouble_the_channel_waits_for_the_one_that_may_be_tried_first(
    with_fallback, sandbox
):
    boat, packet = with_fallback
    sandbox.faults({"action": "locked_out", "service": "twilio"}, {"action": "no_credit", "service": "plivo"})
    boat.run("dispatch", packet, LANES[0])
    assert boat.states(packet) == {"ready": 200}
    code, seconds = boat.wait(packet)
    assert (code, 0 < seconds <= 60) == ("provider_down", True)
    assert min(breakers(boat))[0] == "plivo"
    sandbox.faults()
    boat.change("update breaker set retry_at = now() where provider = 'plivo'")
    boat.run("dispatch", packet, LANES[0])
    assert by_service(sandbox) == {"plivo": 200}


def test_a_lane_that_dies_mid_way_leaves_the_second_provider_only_what_the_first_cannot_have(
    with_fallback, sandbox
):
    """The call that was begun stays the first provider's, whatever it made of it."""
    boat, packet = with_fallback
    boat.change(
        "with called as (insert into provider_call (client_id, packet_id, provider, channel, messages, owner, lease_until, begun_at)"
        " values (:client, :packet, 'twilio', 'sms', 1, uuidv7(), now() - interval '1 second', now()) returning id),"
        " tried as (insert into attempt (client_id, message_id, attempt_no, call_id)"
        " select :client, message.id, 1, called.id from message, called where packet_id = :packet and row_no = 7 returning message_id)"
        " update message set state = 'sending', attempt_no = 1 from tried where message.id = tried.message_id",
        client=boat.business.client_id,
        packet=packet,
    )
    close_dead_calls(boat.worker)
    sandbox.faults({"action": "locked_out", "service": "twilio"})
    boat.run("dispatch", packet, LANES[0])
    assert boat.states(packet) == {"unknown": 1, "accepted": 199}
    assert phones(200)[6] not in {message.to for message in sandbox.journal()}
