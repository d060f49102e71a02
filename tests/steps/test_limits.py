"""Sending limits: several lanes, packets and processes on one bucket never exceed it, and share it fairly."""

import contextlib
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.limits import PAUSE, Limits
from pipelines.store.unit_of_work import UnitOfWork
from tests.chaos.ground import LaneProcess, journal, sandbox_process
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, mailboxes, make_sending, phones
from tests.steps.limiting import limit, sms_sender, units_written_down

__all__ = ["sandbox"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def limit_of_all(boat):
    """A limit that holds for all clients together, until the test ends."""
    yield lambda *what, **how: limit(boat, *what, of_all=True, **how)
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text("delete from sending_limit where client_id is null"))
        uow.commit()


def make(boat, addresses, channel="sms", **when):
    return make_sending(boat.worker, boat.business, addresses, channel, **when)


@pytest.fixture
def takes(monkeypatch):
    """After each take of a lane: whether any limit applies to it, and for how long it may claim nothing (`held`, seconds)."""
    noted, take = [], Limits.take

    def take_and_note(limits, *arguments):
        allowance = take(limits, *arguments)
        noted.append(SimpleNamespace(limited=limits.apply, held=limits.seconds_held))
        return allowance

    monkeypatch.setattr(Limits, "take", take_and_note)
    return noted


def test_a_lane_keeps_to_its_rate(boat, sandbox, takes):
    limit(boat, "sender", sms_sender(boat), per_second=20)
    packet = make(boat, phones(60))
    begun = time.monotonic()
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 60
    # One second's worth goes at once, the other 40 in two seconds.
    assert time.monotonic() - begun >= 1.9
    assert max(take.held for take in takes) <= PAUSE, "it comes back as soon as there is something"


def test_segments_are_counted_and_a_long_message_still_goes(boat, sandbox):
    limit(boat, "sender", sms_sender(boat), per_second=2)
    packet = make(boat, phones(4))
    boat.change("update message set segments = 3 where packet_id = :packet", packet=packet)
    begun = time.monotonic()
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 4
    assert (
        time.monotonic() - begun >= 3.5
    )  # the fourth goes when the nine segments before it are paid, less the two of the start


def test_a_cap_of_the_day_is_a_wait_until_the_clients_midnight(boat, sandbox):
    boat.change("update client set time_zone = 'America/Phoenix'")  # no clock changes there
    limit(boat, "client", per_day=30)
    packet = make(boat, phones(50), expires="10 days")
    midnight = (datetime.now(UTC) + timedelta(days=2)).replace(hour=7, minute=0, second=0, microsecond=0)
    with clock.set_to(midnight - timedelta(hours=2)):
        boat.run("dispatch", packet, "sms lane 1")
        code, seconds = boat.wait(packet)
        assert boat.states(packet) == {"accepted": 30, "ready": 20}
        assert code == "limit_reached"
        assert 7_100 < seconds <= 7_200
    with clock.set_to(midnight + timedelta(hours=1)):
        boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 50}
    assert boat.wait(packet) is None


def test_the_cap_of_a_brand_follows_the_day_of_utc(boat, sandbox):
    boat.change("update client set time_zone = 'America/New_York'")
    limit(boat, "brand", "twilio", per_day=5)
    packet = make(boat, phones(8), expires="10 days")
    with clock.set_to(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)):
        boat.run("dispatch", packet, "sms lane 1")
        assert 1_700 < boat.wait(packet)[1] <= 1_800
    with clock.set_to(datetime(2026, 11, 23, 0, 1, tzinfo=UTC)):
        boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 8}


def test_a_cap_is_never_exceeded_by_a_long_message(boat, sandbox):
    limit(boat, "client", per_day=10)
    packet = make(boat, phones(6))
    boat.change("update message set segments = 3 where packet_id = :packet", packet=packet)
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 3, "ready": 3}
    assert boat.wait(packet)[0] == "limit_reached"


def test_a_message_longer_than_the_rest_of_the_day_does_not_hold_up_shorter_ones(boat, sandbox):
    limit(boat, "client", per_day=5)
    packet = make(boat, phones(5), expires="10 days")
    boat.change(
        "update message set segments = 4 where packet_id = :packet and row_no in (1, 3)", packet=packet
    )
    midnight = (datetime.now(UTC) + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    boat.change("update client set time_zone = 'UTC'")
    with clock.set_to(midnight - timedelta(hours=2)):
        boat.run("dispatch", packet, "sms lane 1")
        code, seconds = boat.wait(packet)
    sent = "select row_no from message where packet_id = :packet and state = 'accepted' order by row_no"
    assert [row.row_no for row in boat.rows(sent, packet=packet)] == [1, 2]
    assert (code, 7_100 < seconds <= 7_200) == ("limit_reached", True)
    boat.change("update message set segments = 5 where packet_id = :packet and row_no = 3", packet=packet)
    with clock.set_to(midnight + timedelta(hours=1)):
        boat.change("update sending_bucket set used = 2")  # by another packet
        boat.change("update sending_bucket set day = cast(packetboat_now() as date)")
        boat.run("dispatch", packet, "sms lane 1")
        assert [row.row_no for row in boat.rows(sent, packet=packet)] == [1, 2, 4, 5]
        assert boat.wait(packet)[0] == "limit_reached"
    with clock.set_to(midnight + timedelta(days=1, hours=1)):
        boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 5}


def test_a_message_longer_than_a_whole_day_allows_is_told_and_passed(boat, sandbox):
    limit(boat, "client", per_day=3)
    packet = make(boat, phones(4), expires="10 days")
    boat.change("update client set time_zone = 'UTC'")
    boat.change("update message set segments = 4 where packet_id = :packet and row_no = 1", packet=packet)
    needs = "select code, cases from packet_need where packet_id = :packet"
    noon = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12)
    with clock.set_to(noon):
        boat.run("dispatch", packet, "sms lane 1")
        assert boat.states(packet) == {"accepted": 3, "ready": 1}
        assert boat.wait(packet)[0] == "over_limit"
        assert boat.rows(needs, packet=packet) == [("over_limit", 1)]
        boat.change("update sending_limit set per_day = 10")
        boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 4}
    assert boat.rows(needs, packet=packet) == []


def test_short_messages_that_wait_for_the_days_cap_are_not_called_too_long(boat, sandbox):
    limit(boat, "client", per_day=3)
    packet = make(boat, phones(8), expires="10 days")
    boat.change("update client set time_zone = 'UTC'")
    boat.change(
        "update message set segments = 4 where packet_id = :packet and row_no in (1, 3)", packet=packet
    )
    told = "select code, cases from packet_need where packet_id = :packet"
    noon = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12)
    for day, (code, needs) in enumerate([("limit_reached", []), ("over_limit", [("over_limit", 2)])]):
        with clock.set_to(noon + timedelta(days=day)):
            boat.run("dispatch", packet, "sms lane 1")
            assert boat.wait(packet)[0] == code
            assert boat.rows(told, packet=packet) == needs
    assert boat.states(packet) == {"accepted": 6, "ready": 2}


def test_a_country_that_is_full_does_not_hold_up_the_others(boat, sandbox):
    limit(boat, "country", "FR", per_day=3)
    packet = make(boat, phones(20))
    boat.change(
        "update message set country = case when row_no % 2 = 0 then 'FR' else 'US' end where packet_id = :packet",
        packet=packet,
    )
    boat.run("dispatch", packet, "sms lane 1")
    sent = boat.rows(
        "select country, count(*) from message where packet_id = :packet and state = 'accepted' group by 1",
        packet=packet,
    )
    assert dict(map(tuple, sent)) == {"FR": 3, "US": 10}
    assert boat.wait(packet)[0] == "limit_reached"


def test_a_burst_to_a_premium_prefix_stops_at_its_cap(boat, sandbox):
    limit(boat, "prefix", "+1900", per_day=4)
    pumped = [f"+1900{5_550_000 + n}" for n in range(60)]
    packet, another = make(boat, pumped + phones(10)), make(boat, pumped + phones(10))
    for one in (packet, another):
        boat.run("dispatch", one, "sms lane 1")
    called = Counter(message.to[:5] for message in sandbox.journal())
    assert called == {"+1900": 4, "+1202": 20}
    assert boat.wait(another)[0] == "limit_reached"


def test_what_was_not_sent_does_not_count_against_the_cap(boat, sandbox):
    limit(boat, "client", per_day=10)
    boat.change(
        "insert into suppression (client_id, channel, address, reason, source) values"
        " (:client, 'sms', :address, 'opted_out', 'test')",
        client=boat.business.client_id,
        address=phones(1)[0],
    )
    sandbox.faults({"action": "too_many", "count": 3, "seconds": 1})
    packet = make(boat, phones(21))
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 10, "suppressed": 1, "ready": 10}


def test_without_a_rule_nothing_is_taken(boat, sandbox, monkeypatch):
    monkeypatch.setattr(Limits, "_take", lambda *_: pytest.fail("a round trip"))
    packet = make(boat, phones(100))
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 100


@pytest.mark.parametrize("scope", ["sender", "provider", "client", "channel", "channel of all"])
def test_a_limit_of_each_kind_holds(boat, sandbox, limit_of_all, takes, scope):
    subject = {"sender": sms_sender(boat), "provider": "twilio", "client": ""}.get(scope, "sms")
    made = (
        limit_of_all
        if scope in {"provider", "channel of all"}
        else lambda *what, **how: limit(boat, *what, **how)
    )
    made(scope.split(" ")[0], subject, per_second=10)
    packet, mail = make(boat, phones(20)), make(boat, mailboxes(20), "email")
    begun = time.monotonic()
    boat.run("dispatch", packet, "sms lane 1")
    assert time.monotonic() - begun >= 0.95
    takes.clear()
    begun = time.monotonic()
    boat.run("dispatch", mail, "e-mail lane 1")
    assert {take.limited for take in takes} == {scope == "client"}
    assert scope != "client" or time.monotonic() - begun >= 0.95


def fullest_second(taken, width=1.0):
    """The largest number of units taken within `width` seconds."""
    return max(sum(row.units for row in taken if first.at <= row.at < first.at + width) for first in taken)


def test_two_processes_and_two_packets_on_one_sender_never_exceed_its_rate(database, business, tmp_path):
    """Real time and real processes: 4 lanes of 2 packets, 40 per second, for about 7 seconds."""
    rate, seconds = 40, 6
    owner = database.engine("owner")
    with (
        sandbox_process(tmp_path) as url,
        units_written_down(owner) as read_taken,
        contextlib.ExitStack() as lanes,
    ):
        patient = {"call_timeout": 30.0, "connect_timeout": 30.0}
        boat = boat_for(database.engine("worker"), business, tmp_path, url, **patient)
        limit(boat, "sender", sms_sender(boat), per_second=rate)
        packets = [make(boat, phones(rate * seconds // 2, 5_550_000 + 10_000 * n)) for n in range(2)]
        running = [LaneProcess(boat, packet, f"sms lane {n}") for packet in packets for n in (1, 2)]
        for lane in running:
            lanes.callback(lane.kill)
        assert sum(lane.result()["accepted"] for lane in running) == rate * seconds
        assert len(journal(tmp_path)) == rate * seconds
        taken = read_taken()
    # A full bucket adds one second's worth. What counts is when units were taken: a busy machine may let a lane claim later.
    assert sum(row.units for row in taken) == rate * seconds
    assert fullest_second(taken) <= 2 * rate
    assert fullest_second(taken, 3.0) <= 4 * rate
    claimed = "select extract(epoch from claimed_at)::float8 as at from provider_call where state = 'accepted' and packet_id = any(:packets)"
    moments = sorted(row.at for row in boat.rows(claimed, packets=packets))
    for number, moment in enumerate(moments, 1):
        assert number <= sum(row.units for row in taken if row.at <= moment), "no claim without units"
    assert moments[-1] - moments[0] >= seconds - 1 - 0.5


def test_a_cap_of_the_day_alone_does_not_slow_a_lane(boat, sandbox, takes):
    limit(boat, "client", per_day=1_000)
    packet = make(boat, phones(100))
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 100
    assert max(take.held for take in takes) <= 0


def french(count):
    return [SimpleNamespace(country="FR", units=1, suppressed=None, again=False) for _ in range(count)]


def test_lanes_that_claim_at_the_same_time_never_exceed_the_cap_of_a_country(boat):
    """Each has taken its units and not yet put back what it does not use."""
    limit(boat, "country", "FR", per_day=30)
    with contextlib.ExitStack() as opened:
        lanes = []
        for _ in range(3):
            database = opened.enter_context(LaneDatabase(boat.worker, boat.business.client_id))
            lane = {"channel": "sms", "provider": "twilio", "sender_id": sms_sender(boat)}
            packet = make(boat, phones(1))
            lanes.append(Limits(database, client_id=boat.business.client_id, packet_id=packet, **lane))
        sent, most = 0, []
        for _ in range(20):
            taken = [(lane, lane.take(50, None)) for lane in lanes]
            claims = [(lane, allowance, allowance.admit(french(50))[0]) for lane, allowance in taken]
            for lane, allowance, admitted in claims:
                lane.settle(allowance, len(admitted))
            most.append(max(len(admitted) for *_, admitted in claims))
            sent += sum(len(admitted) for *_, admitted in claims)
    assert most[0] > 10, "one lane does not leave most of it unused"
    assert sent == 30


def test_messages_of_a_call_that_is_split_count_against_the_cap(boat, sandbox):
    limit(boat, "client", per_day=40)
    boxes = mailboxes(80)
    boxes[20] = "not an address"
    packet = make(boat, boxes, "email")
    boat.run("dispatch", packet, "e-mail lane 1")
    states = boat.states(packet)
    assert states["failed"] == 1, "the call was split"
    assert states["accepted"] <= 40
    assert boat.wait(packet)[0] == "limit_reached"


def test_a_cap_that_is_lowered_below_what_was_used_stops_nothing_else(boat, sandbox):
    limit(boat, "country", "FR", per_day=30)
    limit(boat, "sender", sms_sender(boat), per_second=15)
    sent, packet = make(boat, phones(20)), make(boat, phones(20))
    boat.change("update message set country = 'FR' where packet_id = :packet", packet=sent)
    boat.run("dispatch", sent, "sms lane 1")
    boat.change("update sending_limit set per_day = 10 where scope = 'country'")
    boat.change(
        "update message set segments = 2, country = case when row_no <= 2 then 'FR' else 'US' end where packet_id = :packet",
        packet=packet,
    )
    boat.run("dispatch", packet, "sms lane 1")
    assert boat.states(packet) == {"accepted": 18, "ready": 2}
    assert boat.wait(packet)[0] == "limit_reached"


def test_units_are_not_put_back_twice_when_an_answer_of_the_database_is_lost(boat, monkeypatch):
    limit(boat, "client", per_day=100)
    lane = {"channel": "sms", "provider": "twilio", "sender_id": sms_sender(boat)}
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        limits = Limits(database, client_id=boat.business.client_id, packet_id=make(boat, phones(1)), **lane)
        allowance = limits.take(40, None)
        limits.settle(allowance, len(allowance.admit(french(30))[0]))
        together = LaneDatabase.together
        with monkeypatch.context() as patch:
            patch.setattr(database, "together", lambda *what: together(database, *what) and None)
            with pytest.raises(TypeError):
                limits.take(0, None)
        limits.close()
    bucket = "select used from sending_bucket where key = :key"
    assert boat.rows(bucket, key=f"client:{boat.business.client_id}:") == [(30,)]
