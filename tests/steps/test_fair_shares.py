"""A small packet is never behind a huge one: it gets its share of the rate at once, and a lane's slot when lanes are few."""

import contextlib
import threading
import time

import pytest
from sqlalchemy import text

from pipelines.errors import PacketboatError, TryLater
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.limits import Limits
from pipelines.steps.dispatch.turn import Turn
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually, sandbox
from tests.sending import boat_for, make_sending, phones
from tests.steps.limiting import let_time_pass, limit, sms_sender

__all__ = ["sandbox"]

RATE = 20


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def pause(boat, packet):
    boat.change("update data_packet set state = 'stopped' where id = :packet", packet=packet)


@pytest.fixture
def first_takes(monkeypatch):
    """When each packet's lanes took something first, in seconds of the epoch."""
    moments, take = {}, Limits.take

    def noted(limits, *arguments):
        moments.setdefault(limits._packet_id, time.time())
        return take(limits, *arguments)

    monkeypatch.setattr(Limits, "take", noted)
    return moments


def test_a_small_packet_gets_its_share_beside_a_huge_one(boat, sandbox, first_takes):
    """A packet of thousands in two lanes, then one of 20: half of 20 per second is its share, so it is out in about two seconds.

    Time is counted in messages of the huge packet, 20 to a second, so that the speed of the machine does not matter.
    """
    limit(boat, "sender", sms_sender(boat), per_second=RATE)
    huge = make_sending(boat.worker, boat.business, phones(5_000))
    small = make_sending(boat.worker, boat.business, phones(20, 6_000_000))

    def send_huge(lane):
        with contextlib.suppress(PacketboatError):  # it is stopped at the end
            boat.run("dispatch", huge, lane)

    lanes = [threading.Thread(target=send_huge, args=[f"sms lane {n}"]) for n in (1, 2)]
    for lane in lanes:
        lane.start()
    eventually(lambda: len(sandbox.journal()) >= 2 * RATE)
    boat.run("dispatch", small, "sms lane 1")
    pause(boat, huge)
    for lane in lanes:
        lane.join()
    moments = sorted(one.at for one in sandbox.journal() if one.to.startswith("+12026"))
    assert len(moments) == 20

    def others(until):
        return sum(
            first_takes[small] <= one.at < until and not one.to.startswith("+12026")
            for one in sandbox.journal()
        )

    assert others(moments[0]) < 2 * RATE
    assert others(moments[-1]) < 6 * RATE - 20  # alone behind the others it would be thousands
    assert others(moments[-1]) >= 3  # the huge packet goes on meanwhile


@pytest.fixture
def taker(boat):
    """Makes the limits of a lane of a new packet; their connections are closed at the end."""
    with contextlib.ExitStack() as opened:

        def make() -> Limits:
            packet = make_sending(boat.worker, boat.business, phones(1))
            database = opened.enter_context(LaneDatabase(boat.worker, boat.business.client_id))
            lane = {
                "packet_id": packet,
                "channel": "sms",
                "provider": "twilio",
                "sender_id": sms_sender(boat),
            }
            return Limits(database, client_id=boat.business.client_id, **lane)

        yield make


ROUND = 0.05  # seconds


def share_out(boat, takers, deadlines, seconds):
    """What each gets when all want as much as they can."""
    got = [0.0] * len(takers)
    for _ in range(round(seconds / ROUND)):
        for place, one in enumerate(takers):
            allowance = one.take(1_000, deadlines[place])
            got[place] += allowance.units
            one.settle(allowance, 0)
            one._unused.clear()  # all of it is used
        let_time_pass(boat, ROUND)
    return got


def test_hungry_packets_share_equally_and_the_nearest_deadline_has_three_shares(boat, taker):
    limit(boat, "sender", sms_sender(boat), per_second=300)
    takers = [taker() for _ in range(3)]
    equal = share_out(boat, takers, ["infinity"] * 3, 4)
    assert max(equal) < 2.2 * min(equal)
    urgent = share_out(boat, takers, ["2026-11-23", "2026-11-24", "infinity"], 4)
    assert urgent[0] > 1.6 * max(urgent[1:])
    assert min(urgent) > 0.08 * sum(urgent)  # nobody starves


def test_a_packet_alone_has_the_whole_rate_again(boat, taker):
    limit(boat, "sender", sms_sender(boat), per_second=300)
    one, other = taker(), taker()
    share_out(boat, [one, other], ["infinity"] * 2, 1)
    let_time_pass(boat, 2.1)  # the other is hungry no more
    [alone] = share_out(boat, [one], ["infinity"], 2)
    assert alone > 0.8 * 2 * 300


def assembled(boat, packet, *, run="packet-x-r1"):
    """Let the packet wait for a lane of its run."""
    boat.change("update data_packet set run_id = :run || id where id = :packet", run=run, packet=packet)
    boat.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state, ended_at) values (:client, :packet, 'assemble', 1, 'done', now())",
        client=boat.business.client_id,
        packet=packet,
    )


def test_a_lane_ends_its_turn_while_another_packet_waits_and_asks_to_come_back(boat, sandbox, monkeypatch):
    monkeypatch.setattr("pipelines.steps.dispatch.turn.MIN_TURN", 0.5)
    limit(boat, "sender", sms_sender(boat), per_second=20)
    huge, small = (
        make_sending(boat.worker, boat.business, phones(n, first))
        for n, first in ((2_000, 5_550_000), (5, 6_000_000))
    )
    assembled(boat, small)
    with pytest.raises(TryLater) as ended:
        boat.run("dispatch", huge, "sms lane 1")
    assert (ended.value.code, ended.value.after_seconds) == ("lane_comes_back", 5)
    [step] = boat.rows(
        "select state, note ->> 'code' as note, error_code from packet_step where packet_id = :packet",
        packet=huge,
    )
    assert tuple(step) == ("done", "turn_over", None)
    assert boat.states(huge)["ready"] > 0
    assert "sending" not in boat.states(huge)
    boat.run("dispatch", small, "sms lane 1")
    assert boat.states(small) == {"accepted": 5}
    boat.change("update data_packet set state = 'settled' where id = :packet", packet=small)


@pytest.mark.parametrize(
    "why",
    ["no run", "paused", "due later", "a lane runs", "its channel waits", "an alarm", "a start is promised"],
)
def test_who_does_not_wait_for_a_lane(boat, monkeypatch, why):
    monkeypatch.setattr("pipelines.steps.dispatch.turn.MIN_TURN", 0.0)
    later = {"not_before": "1 hour"} if why == "due later" else {}
    packet, other = (make_sending(boat.worker, boat.business, phones(5), **later) for _ in range(2))
    assembled(boat, other)
    if why == "no run":
        boat.change("update data_packet set run_id = null where id = :packet", packet=other)
    elif why == "paused":
        boat.change(
            "insert into pause (client_id, packet_id, code, begun_by) values (:client, :packet, 'paused_by_person', 'test')",
            client=boat.business.client_id, packet=other,
        )  # fmt: skip
    elif why == "a lane runs":
        boat.change(
            "insert into packet_step (client_id, packet_id, step, attempt, state) values (:client, :packet, 'dispatch', 1, 'running')",
            client=boat.business.client_id, packet=other,
        )  # fmt: skip
    elif why == "its channel waits":
        boat.change(
            "insert into channel_wait (packet_id, channel, client_id, code, until)"
            " values (:packet, 'sms', :client, 'provider_busy', now() + interval '1 hour')",
            client=boat.business.client_id, packet=other,
        )  # fmt: skip
    elif why == "an alarm":
        boat.change(
            "insert into packet_alarm (packet_id, client_id, code, cases) values (:packet, :client, 'run_failed', 5)",
            client=boat.business.client_id, packet=other,
        )  # fmt: skip
    elif why == "a start is promised":
        boat.change(
            "insert into outbox (client_id, kind, unique_key, payload)"
            " select client_id, 'start', run_id, '{}' from data_packet where id = :packet",
            packet=other,
        )
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        assert not Turn(database, packet).is_over()
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text("update data_packet set state = 'settled' where id = :packet"), {"packet": other})
        uow.commit()
