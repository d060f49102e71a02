"""Work that is due later, or whose provider is away for hours: it uses no worker slot and no retry, and goes on by itself."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pipelines import steps
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.errors import StepFailed
from pipelines.events.sweep import give_back_unbegun
from pipelines.events.waiting import watch_waits
from pipelines.language import say
from pipelines.reports.packet import Packet
from pipelines.steps.dispatch.claim import Claims, Terms
from pipelines.steps.dispatch.database import LaneDatabase
from pipelines.steps.dispatch.lane import Pace
from pipelines.store.unit_of_work import UnitOfWork
from tests.attack import test_stuck
from tests.attack.airflow_world import AirflowWorld
from tests.attack.test_stuck import (
    NOTHING,
    PREPARED,
    STARTED,
    airflow,
    journal,
    make_standing,
    needs,
    run_of,
    watch,
)
from tests.fixtures_sandbox import SECRETS, answering, raw_server, sandbox
from tests.sending import boat_for

__all__ = ["airflow", "raw_server", "sandbox"]

SMS, HOURS = "sms lane 1", 8


@pytest.fixture
def world():
    return AirflowWorld()


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def refusing(boat, raw_server):
    """The same lanes while the provider refuses our account."""
    return boat_for(
        boat.worker, boat.business, boat.settings.home, raw_server(answering(401, '{"code": 20003}')).url
    )


def read(boat, packet):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        return Packet.read(uow, packet)


def one_run(boat, world, packet):
    """What a run of the packet does, from its lane on; it ends well, as Airflow sees it."""
    boat.run("dispatch", packet, SMS)
    note = say(boat.run("settle", packet).note)
    world.end(run_of(boat, packet), "success")
    return note


def let_time_pass(boat, packet):
    test_stuck.let_time_pass(boat, packet)
    boat.change(
        "update provider_call set claimed_at = claimed_at - interval '10 minutes', recorded_at = recorded_at - interval '10 minutes'"
        " where packet_id = :packet",
        packet=packet,
    )


def end_the_wait(boat, packet):
    """The wait is over, and everything else lies as far back."""
    boat.change(
        "update channel_wait set until = now() - interval '1 second' where packet_id = :packet", packet=packet
    )
    boat.end_breakers()
    let_time_pass(boat, packet)


def test_messages_for_tomorrow_end_their_run_well_and_start_another_then(boat, world, airflow, sandbox):
    packet = make_standing(boat, not_before="20 hours")
    assert "5 messages are still ready. Sending continues at" in one_run(boat, world, packet)
    assert read(boat, packet).state == "sending"
    assert timedelta(hours=19) < read(boat, packet).goes_on_at - datetime.now(UTC) <= timedelta(hours=20)
    assert needs(boat, packet) == {}
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == NOTHING
    assert watch(boat, airflow, packet, now=datetime.now(UTC) + timedelta(hours=21)) == STARTED
    boat.change("update message set not_before = now() where packet_id = :packet", packet=packet)
    one_run(boat, world, packet)
    assert read(boat, packet).state == "settled"
    assert read(boat, packet).goes_on_at is None
    assert len(sandbox.journal()) == 5


def test_a_provider_that_is_away_for_hours_uses_nothing_up(boat, refusing, world, airflow, sandbox):
    packet = make_standing(boat)
    for number in range(1, HOURS + 1):
        note = one_run(refusing, world, packet)
        assert "Sending continues at" in note
        assert needs(boat, packet) == {"provider_down": 5}
        let_time_pass(boat, packet)
        assert watch(boat, airflow, packet) == NOTHING, "it waits"
        end_the_wait(boat, packet)
        assert watch(boat, airflow, packet) == STARTED, f"run {number}"
        relay_outbox(boat.worker, airflow, packet_id=packet)
    assert number > 3, "a run without progress would be repeated three times"
    one_run(boat, world, packet)
    assert read(boat, packet).state == "settled"
    assert needs(boat, packet) == {}
    assert len(sandbox.journal()) == 5


@pytest.fixture
def busy(boat, raw_server):
    """The same lanes while the provider answers 429 and asks for ten hours."""
    server = raw_server(answering(429, '{"code": 20429}', "Retry-After: 36000"))
    return boat_for(boat.worker, boat.business, boat.settings.home, server.url)


def test_an_alarm_is_raised_by_the_clock_while_no_lane_runs(boat, busy, world):
    packet = make_standing(boat)
    one_run(busy, world, packet)
    watch_waits(boat.worker)
    assert needs(boat, packet) == {}, "it has only begun"
    boat.change(
        "update channel_wait set since = now() - interval '16 minutes' where packet_id = :packet",
        packet=packet,
    )
    watch_waits(boat.worker)
    assert needs(boat, packet) == {"provider_busy": 5}


def test_messages_expire_on_time_although_their_channel_waits(boat, busy, world, airflow):
    packet = make_standing(boat)
    boat.change(
        "update message set expires_at = now() + interval '1 hour' where packet_id = :packet and row_no < 3",
        packet=packet,
    )
    one_run(busy, world, packet)
    boat.change(
        "update message set expires_at = now() where packet_id = :packet and row_no < 3", packet=packet
    )
    assert watch_waits(boat.worker) == 2
    assert boat.states(packet) == {"ready": 3, "expired": 2}
    assert read(boat, packet).goes_on_at is not None
    assert watch_waits(boat.worker) == 0


def test_a_channel_whose_last_message_expires_waits_no_longer_and_its_packet_ends(boat, busy, world, airflow):
    packet = make_standing(boat)
    one_run(busy, world, packet)
    boat.change(
        "update channel_wait set since = now() - interval '16 minutes' where packet_id = :packet",
        packet=packet,
    )
    watch_waits(boat.worker)
    boat.change("update message set expires_at = now() where packet_id = :packet", packet=packet)
    assert watch_waits(boat.worker) == 5
    assert needs(boat, packet) == {}
    assert boat.rows("select from channel_wait where packet_id = :packet", packet=packet) == []
    let_time_pass(boat, packet)
    watch(boat, airflow, packet)
    boat.run("settle", packet)
    assert read(boat, packet).state == "settled"


def test_no_wait_lasts_longer_than_the_last_deadline(boat, busy, world):
    packet = make_standing(boat)
    boat.change(
        "update message set expires_at = now() + interval '2 hours' where packet_id = :packet", packet=packet
    )
    one_run(busy, world, packet)
    assert timedelta(hours=1) < read(boat, packet).goes_on_at - datetime.now(UTC) <= timedelta(hours=2)


def test_the_other_channel_is_not_kept_waiting(boat, refusing, world, airflow):
    packet = make_standing(boat)
    one_run(refusing, world, packet)
    boat.change(
        "insert into message (client_id, packet_id, row_no, channel, address, language, rule, body)"
        " values (:client, :packet, 1, 'email', 'a@example.com', 'en', 'test', 'x')",
        client=boat.business.client_id, packet=packet,
    )  # fmt: skip
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == STARTED
    assert steps.ready_by_channel(boat.worker, packet) == {"email": 1}, (
        "the other is left alone until its time"
    )


def test_a_run_that_only_goes_on_with_sending_prepares_nothing_again(boat, world, airflow):
    """A million rows would be prepared anew for half a minute, when their hour has come and nobody has changed anything."""
    packet = make_standing(boat, not_before="20 hours")
    one_run(boat, world, packet)
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet, now=datetime.now(UTC) + timedelta(hours=21)) == STARTED
    relay_outbox(boat.worker, airflow, packet_id=packet)
    assert world.confs[run_of(boat, packet)] == {"packet_id": str(packet), "prepared": True}
    before = boat.rows(
        "select id, state_at from message where packet_id = :packet order by id", packet=packet
    )
    for step in PREPARED:
        assert go_on(boat, packet, step).note is None, "nobody wanted it to be run"
    kept = boat.rows(
        "select state from packet_step where packet_id = :packet and run_id = 'again-1'", packet=packet
    )
    assert [row.state for row in kept] == ["kept"] * len(PREPARED)
    assert (
        boat.rows("select id, state_at from message where packet_id = :packet order by id", packet=packet)
        == before
    )
    assert read(boat, packet).state == "sending"


def test_nor_once_something_was_sent(boat, world):
    """The client would read of each step that nothing was changed, and wonder who wanted to change something."""
    packet = make_standing(boat)
    one_run(boat, world, packet)
    assert [go_on(boat, packet, step).note for step in PREPARED] == [None] * len(PREPARED)


def test_a_step_that_somebody_runs_again_in_such_a_run_is_done_again(boat, world):
    """Its file is not there, which shows that it wants to read it."""
    packet = make_standing(boat)
    assert go_on(boat, packet, "load").rows_in == 5
    with pytest.raises(StepFailed):
        go_on(boat, packet, "load")


def go_on(boat, packet, step):
    return steps.run(
        step, packet, engine=boat.worker, settings=boat.settings, secrets=SECRETS, run_id="again-1", prepared=True
    )  # fmt: skip


def test_a_lane_of_an_earlier_run_that_died_does_not_stop_one_that_waits(boat, refusing, world):
    packet = make_standing(boat)
    journal(boat, packet, "dispatch", "failed", "sms lane 2", error_code="died")
    assert "Sending continues at" in one_run(refusing, world, packet)
    assert read(boat, packet).state == "sending"


def test_a_step_that_ends_every_process_is_not_started_for_ever(boat, world):
    packet = make_standing(boat)
    die(boat, packet, 20)
    with pytest.raises(StepFailed, match="20 times in a row"):
        boat.run("dispatch", packet, SMS)
    assert boat.run("dispatch", packet, SMS).rows_out == 5, "somebody has looked after it and runs it again"


def test_a_step_that_ended_nineteen_processes_may_try_once_more(boat, world):
    packet = make_standing(boat)
    die(boat, packet, 19)
    assert boat.run("dispatch", packet, SMS).rows_out == 5


def die(boat, packet, times):
    """The packet's lane died so many times in a row, and got nothing done."""
    for _ in range(times):
        journal(boat, packet, "dispatch", "failed", SMS, error_code="died")
    boat.change("update packet_step set rows_done = 0 where packet_id = :packet", packet=packet)


def test_a_lane_that_gets_on_between_its_deaths_may_die_as_often_as_it_likes(boat, world):
    packet = make_standing(boat)
    for _ in range(25):
        journal(boat, packet, "dispatch", "failed", SMS, error_code="died")
        boat.change(
            "update packet_step set rows_done = 1 where packet_id = :packet and lane = :lane",
            packet=packet,
            lane=SMS,
        )
    assert boat.run("dispatch", packet, SMS).rows_out == 5


def make_waiting(boat, world):
    """A packet whose lane has noted that its messages are due in 20 hours, and whose run is over."""
    packet = make_standing(boat, not_before="20 hours")
    one_run(boat, world, packet)
    let_time_pass(boat, packet)
    return packet


def make_due(boat, packet):
    boat.change("update message set not_before = now() where packet_id = :packet", packet=packet)


def test_until_a_wait_ends_no_message_of_its_channel_is_read(boat, world, airflow):
    """That they are due all the same shows it: nothing makes them due earlier without ending the wait."""
    packet = make_waiting(boat, world)
    make_due(boat, packet)
    assert watch(boat, airflow, packet) == NOTHING
    end_the_wait(boat, packet)
    assert watch(boat, airflow, packet) == STARTED


@pytest.mark.parametrize("state", ["running", "failed"])
def test_a_lane_that_died_after_a_wait_was_noted_may_have_left_messages_behind_that_are_due(
    boat, world, airflow, state
):
    packet = make_waiting(boat, world)
    make_due(boat, packet)
    boat.change(
        "update channel_wait set since = since - interval '1 hour' where packet_id = :packet", packet=packet
    )
    journal(boat, packet, "dispatch", state, "sms lane 2", minutes_ago=5)
    assert watch(boat, airflow, packet) == STARTED


def test_a_lane_that_died_before_the_wait_was_noted_changes_nothing(boat, world, airflow):
    packet = make_waiting(boat, world)
    make_due(boat, packet)
    journal(boat, packet, "dispatch", "failed", "sms lane 2", minutes_ago=5)
    assert watch(boat, airflow, packet) == NOTHING


def test_messages_that_the_sweep_gives_back_end_the_wait_for_the_others(boat, world, airflow):
    packet = make_waiting(boat, world)
    boat.change(
        "update message set not_before = now(), expires_at = now() + interval '1 day' where packet_id = :packet and row_no = 1",
        packet=packet,
    )
    terms = Terms(boat.business.client_id, packet, "sms", "twilio", uuid4(), uuid4(), 50, 1, 60.0)
    with LaneDatabase(boat.worker, boat.business.client_id) as database:
        assert Claims(database, terms).next_calls()
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == NOTHING
    assert give_back_unbegun(boat.worker, packet) == 1
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == STARTED


def test_lanes_wait_a_little_themselves():
    assert Pace.of(1).wait_here == Pace.of(1000).wait_here == 30
