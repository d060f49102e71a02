"""Stuck packets, whatever was done to their run: started again where that is safe; otherwise an alarm is raised."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines import clock, steps
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.rerun_step import preview, rerun_step
from pipelines.actions.packets.start_again import Watched, start_again
from pipelines.errors import StepFailed, TryLater
from pipelines.language import say
from pipelines.providers.airflow import Airflow
from pipelines.reports.packet import Packet
from pipelines.store.unit_of_work import UnitOfWork
from tests.attack.airflow_world import AirflowWorld
from tests.fixtures_sandbox import raw_server, sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["raw_server", "sandbox"]

NOTHING, STARTED, ALARMED = Watched(0, 0), Watched(1, 0), Watched(0, 1)
PREPARED = ("load", "map_fields", "clean", "check", "assemble")


@pytest.fixture
def world():
    return AirflowWorld()


@pytest.fixture
def airflow(world, raw_server):
    client = Airflow(raw_server(world).url, "packetboat", "secret", timeout=5)
    yield client
    client.close()


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def journal(boat, packet, step, state, lane="", minutes_ago=10, error_code=None):
    boat.change(
        "insert into packet_step (client_id, packet_id, step, lane, attempt, state, run_id, started_at, ended_at, error_code,"
        " rows_in, rows_out, rows_held)"
        " select :client, :packet, :step, :lane, coalesce(max(attempt), 0) + 1, :state, 'r',"
        " now() - make_interval(mins => :ago), case when :state <> 'running' then now() - make_interval(mins => :ago) end,"
        " cast(:code as text), rows.made, rows.made, 0"
        " from (select count(*) as made from data_packet_row where packet_id = :packet) as rows"
        " left join packet_step on packet_id = :packet and step = :step and lane = :lane group by rows.made",
        client=boat.business.client_id, packet=packet, step=step, lane=lane, state=state, ago=minutes_ago, code=error_code,
    )  # fmt: skip


def make_standing(boat, messages=5, state="sending", minutes_ago=10, **when):
    """A prepared packet with messages ready that nobody has touched for some minutes; its run is called after it."""
    packet = make_sending(boat.worker, boat.business, phones(messages), **when)
    boat.change(
        "update data_packet set state = :state, run_id = 'packet-' || id || '-r1',"
        " received_at = now() - make_interval(mins => :ago) where id = :packet",
        packet=packet, state=state, ago=minutes_ago,
    )  # fmt: skip
    if state == "sending":
        for step in PREPARED:
            journal(boat, packet, step, "done", minutes_ago=minutes_ago)
    return packet


def watch(boat, airflow, packet, now=None):
    """One round of the watch, at the moment `now`."""
    with clock.set_to(now) if now else nullcontext():
        return start_again(boat.worker, airflow, packet_id=packet, now=now)


def run_of(boat, packet):
    ((run_id,),) = boat.rows("select run_id from data_packet where id = :packet", packet=packet)
    return run_id


def needs(boat, packet):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        return {need.code: need.cases for need in Packet.read(uow, packet).needs}


def let_time_pass(boat, packet):
    """Ten minutes more since whatever happened to the packet last."""
    for statement in (
        (
            "update packet_step set started_at = started_at - interval '10 minutes', ended_at = ended_at - interval '10 minutes'"
            " where packet_id = :packet"
        ),
        "update packet_watch set started_at = started_at - interval '10 minutes' where packet_id = :packet",
        "update packet_alarm set raised_at = raised_at - interval '10 minutes' where packet_id = :packet",
    ):
        boat.change(statement, packet=packet)


def test_a_run_that_somebody_ended_as_failed_alarms_and_is_not_overruled(boat, world, airflow):
    packet = make_standing(boat)
    journal(boat, packet, "dispatch", "running", "sms lane 1")
    world.end(run_of(boat, packet), "failed")
    assert not preview(boat.worker, None, packet, "dispatch").possible, (
        "the journal calls the dead lane alive"
    )
    assert watch(boat, airflow, packet) == ALARMED
    assert needs(boat, packet) == {"run_failed": 5}
    assert watch(boat, airflow, packet) == NOTHING or needs(boat, packet) == {"run_failed": 5}
    assert world.started == []
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        assert not Packet.read(uow, packet).moving
    assert preview(boat.worker, None, packet, "dispatch").possible, "one command lets it go on"


def test_the_alarm_is_taken_back_when_somebody_lets_the_run_go_on(boat, world, airflow):
    packet = make_standing(boat)
    world.end(run_of(boat, packet), "failed")
    watch(boat, airflow, packet)
    world.runs[run_of(boat, packet)] = ("running", None)
    assert watch(boat, airflow, packet) == NOTHING
    assert needs(boat, packet) == {}


def test_letting_it_go_on_answers_the_alarm_at_once(boat, world, airflow):
    packet = make_standing(boat)
    world.end(run_of(boat, packet), "failed")
    watch(boat, airflow, packet)
    rerun_step(boat.worker, airflow, None, packet, "dispatch")
    assert needs(boat, packet) == {}
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        assert Packet.read(uow, packet).moving, "whoever waits for its end waits on"


@pytest.mark.parametrize("run", ["deleted", "success"])
def test_a_run_that_is_gone_or_over_is_replaced_once(boat, world, airflow, run):
    packet = make_standing(boat)
    if run == "success":
        world.end(run_of(boat, packet), "success")
    assert watch(boat, airflow, packet) == STARTED
    again = run_of(boat, packet)
    assert again == f"packet-{packet}-r1-again-1"
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == NOTHING, "its start is promised"
    relay_outbox(boat.worker, airflow, packet_id=packet)
    relay_outbox(boat.worker, airflow, packet_id=packet)
    assert world.started == [again]
    let_time_pass(boat, packet)
    assert watch(boat, airflow, packet) == NOTHING, "its run lives"


@pytest.mark.parametrize("state", ["received", "preparing"])
def test_a_packet_whose_run_vanished_before_it_sent_is_started_again(boat, world, airflow, state):
    packet = make_standing(boat, 0, state)
    boat.change(
        "update data_packet set run_id = null where id = :packet and :state = 'received'",
        packet=packet,
        state=state,
    )
    assert watch(boat, airflow, packet) == STARTED
    relay_outbox(boat.worker, airflow, packet_id=packet)
    assert world.started == [f"packet-{packet}-r1-again-1"]


def test_a_packet_without_progress_is_started_a_few_times_and_then_raises_an_alarm(boat, world, airflow):
    packet = make_standing(boat)
    for _ in range(3):
        assert watch(boat, airflow, packet) == STARTED
        relay_outbox(boat.worker, airflow, packet_id=packet)
        world.end(run_of(boat, packet), "success")
        let_time_pass(boat, packet)
    for _ in range(2):
        assert watch(boat, airflow, packet) == ALARMED
        let_time_pass(boat, packet)
    assert needs(boat, packet) == {"starts_in_vain": 5}
    assert len(world.started) == 3
    boat.change(
        "update message set state = 'accepted' where packet_id = :packet and row_no = 1", packet=packet
    )
    assert watch(boat, airflow, packet) == STARTED, "it got on, so it is helped on"
    assert needs(boat, packet) == {}


def test_a_paused_dag_raises_an_alarm_until_it_goes_on(boat, world, airflow):
    packet = make_standing(boat)
    world.runs[run_of(boat, packet)] = ("queued", None)
    world.paused = True
    assert watch(boat, airflow, packet) == ALARMED
    assert needs(boat, packet) == {"dag_paused": 5}
    world.paused = False
    assert watch(boat, airflow, packet) == NOTHING
    assert needs(boat, packet) == {}


def test_a_run_that_may_still_be_at_work_is_left_alone(boat, world, airflow):
    packet = make_standing(boat)
    world.end(run_of(boat, packet), "success", seconds_ago=5)
    assert watch(boat, airflow, packet) == NOTHING, "its tasks may still be writing"
    world.end(run_of(boat, packet), "success")
    boat.change(
        "insert into provider_call (client_id, packet_id, provider, channel, messages, owner, lease_until, claimed_at)"
        " values (:client, :packet, 'twilio', 'sms', 1, uuidv7(), now() + interval '3 minutes', now() - interval '2 minutes')",
        client=boat.business.client_id, packet=packet,
    )  # fmt: skip
    assert watch(boat, airflow, packet) == NOTHING, "a lane may still wait for this answer"
    boat.change(
        "update provider_call set state = 'unknown', recorded_at = now() - interval '2 minutes' where packet_id = :packet",
        packet=packet,
    )
    assert watch(boat, airflow, packet) == STARTED
    other = make_standing(boat)
    journal(boat, other, "dispatch", "failed", "sms lane 1", minutes_ago=0)
    assert watch(boat, airflow, other) == NOTHING, "the journal has just moved"


def test_messages_that_are_due_later_are_waited_for(boat, world, airflow):
    packet = make_standing(boat, not_before="2 hours")
    world.end(run_of(boat, packet), "success")
    assert watch(boat, airflow, packet) == NOTHING
    assert (
        start_again(boat.worker, airflow, packet_id=packet, now=datetime.now(UTC) + timedelta(hours=3))
        == NOTHING
    )
    assert watch(boat, airflow, packet, now=datetime.now(UTC) + timedelta(hours=3)) == STARTED, (
        "the clock decides"
    )


def test_packets_that_are_due_later_take_no_turn(boat, world, airflow, monkeypatch):
    monkeypatch.setattr("pipelines.actions.packets.start_again.MAX_PACKETS", 1)
    with UnitOfWork(
        boat.worker, every_client=True
    ) as uow:  # what other tests have left standing would have its turn, too
        uow.execute(text("update data_packet set state = 'settled' where state <> 'settled'"))
        uow.execute(text("update packet_step set state = 'failed' where state = 'running'"))
        uow.commit()
    for _ in range(3):
        world.end(run_of(boat, make_standing(boat, not_before="2 hours")), "success")
    due = make_standing(boat)
    world.end(run_of(boat, due), "success")
    others = 0
    while not boat.rows("select from packet_watch where packet_id = :packet", packet=due):
        assert start_again(boat.worker, airflow).started == 1, "a round was spent on a packet that is not due"
        others += 1
        assert others < 100


def test_a_lane_that_gave_up_stops_its_packet(boat, world, airflow):
    packet = make_standing(boat)
    journal(boat, packet, "dispatch", "failed", "sms lane 1", error_code="database_away")
    steps.give_up(boat.worker, packet, "dispatch")
    assert needs(boat, packet) == {"stopped": 1}


def test_what_only_has_to_be_added_up_is_even_after_somebody_ended_the_run(boat, world, airflow):
    packet = make_standing(boat)
    boat.change("update message set state = 'accepted' where packet_id = :packet", packet=packet)
    journal(boat, packet, "dispatch", "running", "sms lane 2")
    world.end(run_of(boat, packet), "failed")
    assert watch(boat, airflow, packet) == STARTED
    boat.run("settle", packet)
    assert boat.rows("select state from data_packet where id = :packet", packet=packet) == [("settled",)]


def test_a_lane_that_died_in_a_stopped_packet_does_not_bar_the_way(boat, world, airflow):
    """Its lanes were ended by hand, and settle found them open: it is stopped, and the journal calls them running for ever."""
    packet = make_standing(boat)
    journal(boat, packet, "dispatch", "running", "sms lane 1")
    with pytest.raises(StepFailed, match="The step “Send the messages” did not succeed"):
        boat.run("settle", packet)
    let_time_pass(boat, packet)
    world.end(run_of(boat, packet), "failed")
    assert not preview(boat.worker, None, packet, "dispatch").possible
    assert watch(boat, airflow, packet) == NOTHING
    assert needs(boat, packet) == {"stopped": 1}
    assert preview(boat.worker, None, packet, "dispatch").possible


def test_a_dead_lane_that_left_work_behind_keeps_settle_red(boat):
    packet = make_standing(boat)
    journal(boat, packet, "dispatch", "failed", "sms lane 2", error_code="died")
    with pytest.raises(StepFailed, match="The step “Send the messages” did not succeed"):
        boat.run("settle", packet)


def test_concurrent_checks_start_a_packet_once(boat, world, airflow):
    packet, together = make_standing(boat), threading.Barrier(4)

    def look(_):
        together.wait()
        return watch(boat, airflow, packet).started

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(4))) == 1
    assert boat.rows("select starts from packet_watch where packet_id = :packet", packet=packet) == [(1,)]


def test_a_start_that_cannot_be_delivered_is_kept(boat, world, airflow):
    packet = make_standing(boat)
    watch(boat, airflow, packet)
    nobody = Airflow("http://127.0.0.1:9", "a", "b", timeout=1)
    assert relay_outbox(boat.worker, nobody, packet_id=packet).waiting == 1
    with pytest.raises(TryLater):
        watch(boat, nobody, make_standing(boat))
    nobody.close()
    boat.change(
        "update outbox set next_try_at = now() where delivered_at is null and unique_key = :run",
        run=run_of(boat, packet),
    )
    assert relay_outbox(boat.worker, airflow, packet_id=packet).delivered == 1


def test_silence_shows_without_airflow_and_the_periodic_checks(boat):
    packet = make_standing(boat, minutes_ago=40)
    assert needs(boat, packet) == {"silent": 5}
    assert needs(boat, make_standing(boat, minutes_ago=20)) == {}
    assert needs(boat, make_standing(boat, minutes_ago=40, not_before="2 hours")) == {}
    assert needs(boat, make_standing(boat, 0, "received", minutes_ago=40)) == {"silent": 0}


def test_a_second_run_beside_a_living_one_sends_nothing_twice(database, business, tmp_path, sandbox):
    boat = boat_for(
        database.engine("worker"), business, tmp_path, sandbox.url, call_timeout=30.0, connect_timeout=30.0
    )
    packet = make_standing(boat, 300)
    sandbox.faults({"action": "delay", "seconds": 0.05, "probability": 0.3})

    def lane(_):
        return boat.run("dispatch", packet, "sms lane 1").rows_out

    with ThreadPoolExecutor(4) as pool:
        lanes = [pool.submit(lane, number) for number in range(3)]
        for step in PREPARED:  # the second run begins at the beginning
            eventually_touched(boat, packet)
            assert "Nothing was changed" in say(boat.run(step, packet).note)
        sent = [one.result() for one in lanes]
    assert sum(sent) == 300
    assert sum(one > 0 for one in sent) > 1, "only one lane was at work: nothing was shown"
    people = [message.to for message in sandbox.journal()]
    assert len(people) == len(set(people)) == 300
    assert boat.rows("select max(attempt_no) from message where packet_id = :packet", packet=packet) == [(1,)]


def eventually_touched(boat, packet):
    from tests.fixtures_sandbox import eventually

    query = "select 1 from message where packet_id = :packet and state <> 'ready' limit 1"
    eventually(lambda: boat.rows(query, packet=packet))
