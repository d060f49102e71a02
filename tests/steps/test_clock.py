"""The clock that tests set: Python and SQL agree on it, deadlines follow it, and nothing else does."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones
from tests.steps.assembling import ANA, EMAIL, SMS, Bench

__all__ = ["sandbox"]

TICK = timedelta(seconds=30)  # a slow machine
NOW = text("select packetboat_now() as business, now() as real")


def from_now(**time):
    return datetime.now(UTC) + timedelta(**time)


def near(one, other):
    return abs(one - other) < TICK


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def bench(database, tmp_path):
    return Bench(database, tmp_path, texts=[SMS, EMAIL])


def sql_clock(database):
    with UnitOfWork(database.engine("app"), every_client=True) as uow:
        return uow.one(NOW)


def test_python_and_sql_agree_and_the_real_clock_goes_on(database):
    moment = datetime(2031, 3, 30, 0, 59, tzinfo=UTC)
    with clock.set_to(moment):
        times = sql_clock(database)
        assert near(clock.now(), moment)
        assert near(times.business, moment)
        assert near(times.real, datetime.now(UTC))
    times = sql_clock(database)
    assert times.business == times.real
    assert near(clock.now(), datetime.now(UTC))


def test_it_holds_in_every_thread_and_after_an_error(database):
    times = []
    thread = threading.Thread(target=lambda: times.append(sql_clock(database).business))

    def set_and_break():
        with clock.set_to(from_now(days=-400)):
            thread.start()
            thread.join()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        set_and_break()
    assert near(times[0], from_now(days=-400))
    assert not clock.shift()


@pytest.mark.parametrize(("days", "state"), [(-400, "ready"), (0, "ready"), (5, "expired")])
def test_assemble_takes_a_deadline_by_the_clock(bench, days, state):
    """The appointment is in three days."""
    bench.rows(ANA)
    with clock.set_to(from_now(days=days)):
        bench.run()
    assert [message.state for message in bench.messages()] == [state]


def test_a_rerun_in_time_makes_ready_what_was_too_late(bench):
    bench.rows(ANA)
    with clock.set_to(from_now(days=5)):
        bench.run()
    bench.run()
    assert [message.state for message in bench.messages()] == ["ready"]


def test_a_lane_sends_nothing_whose_deadline_has_passed(boat):
    packet = make_sending(boat.worker, boat.business, phones(3), expires="1 day")
    with clock.set_to(from_now(days=2)):
        assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    assert boat.states(packet) == {"expired": 3}


def test_a_lane_sends_what_is_still_in_time_by_the_clock(boat):
    packet = make_sending(boat.worker, boat.business, phones(3), not_before="-3 days", expires="-1 day")
    with clock.set_to(from_now(days=-2)):
        assert boat.run("dispatch", packet, "sms lane 1").rows_out == 3
    assert boat.states(packet) == {"accepted": 3}


def test_a_lane_waits_for_the_clock_and_not_for_its_leases(boat):
    packet = make_sending(boat.worker, boat.business, phones(3), not_before="8 hours", expires="1 day")
    assert boat.run("dispatch", packet, "sms lane 1").rows_out == 0
    (wait,) = boat.rows("select until from channel_wait where packet_id = :id", id=packet)
    assert near(wait.until, from_now(hours=8))
    with clock.set_to(from_now(hours=9)):
        assert boat.run("dispatch", packet, "sms lane 1").rows_out == 3
    (lease,) = boat.rows(
        "select distinct lease_until < now() + interval '1 hour' as short from provider_call where packet_id = :id",
        id=packet,
    )
    assert lease.short


@pytest.mark.parametrize(("hours", "needs"), [(0, []), (9, ["silent"])])
def test_a_silent_packet_needs_somebody_when_something_is_due_by_the_clock(boat, hours, needs):
    packet = make_sending(boat.worker, boat.business, phones(3), not_before="8 hours", expires="1 day")
    boat.change("update data_packet set received_at = now() - interval '1 hour' where id = :id", id=packet)
    boat.change("delete from packet_step where packet_id = :id", id=packet)
    with clock.set_to(from_now(hours=hours)):
        assert [
            row.code for row in boat.rows("select code from packet_need where packet_id = :id", id=packet)
        ] == needs
