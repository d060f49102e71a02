"""Pausing and resuming by a person: whose, with which reason, and which runs a resume promises."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from pipelines.actions.packets import pause as pause_module
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.start_again import start_again
from pipelines.actions.packets.subjects import ControlRefused, packet_of
from pipelines.errors import NotFound
from pipelines.events.pauses import Subject
from pipelines.events.waiting import watch_waits
from pipelines.providers.airflow import Airflow
from pipelines.store.unit_of_work import UnitOfWork
from tests.attack.airflow_world import AirflowWorld
from tests.builders import make_business
from tests.fixtures_sandbox import raw_server
from tests.sending import boat_for, make_sending, phones

__all__ = ["raw_server"]


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def packet(boat):
    return make_sending(boat.worker, boat.business, phones(3))


def promised(boat, packet):
    query = "select payload ->> 'run_id' as run, payload ->> 'prepared' as prepared from outbox where payload ->> 'packet_id' = :packet"
    return [tuple(row) for row in boat.rows(query, packet=str(packet))]


def test_a_pause_keeps_who_made_it_and_why(boat, packet):
    client = boat.business.client_id
    pause(boat.worker, client, packet_of(packet), by="ann", reason=" wrong date ")
    query = "select scope, code, params, begun_by, ended_by from pause where client_id = :client"
    assert boat.rows(query, client=client) == [
        ("packet", "paused_because", {"reason": "wrong date"}, "ann", None)
    ]
    with pytest.raises(ControlRefused, match="already paused"):
        pause(boat.worker, client, packet_of(packet), by="bob")
    resume(boat.worker, client, packet_of(packet), by="bob")
    assert boat.rows(query, client=client)[0].ended_by == "bob"
    with pytest.raises(ControlRefused, match="not paused itself"):
        resume(boat.worker, client, packet_of(packet), by="bob")


def test_a_resume_promises_one_run_that_only_continues_sending(boat, packet):
    pause(boat.worker, None, packet_of(packet), by="ann")
    assert promised(boat, packet) == []
    assert resume(boat.worker, None, packet_of(packet), by="ann") == 1
    run = f"packet-{packet}-r1-again-1"
    assert promised(boat, packet) == [(run, "true")]
    assert boat.rows("select run_id from data_packet where id = :packet", packet=packet) == [(run,)]


def test_many_resumes_promise_one_run_until_it_has_begun(boat, packet):
    for _ in range(3):
        pause(boat.worker, None, packet_of(packet), by="ann")
        assert resume(boat.worker, None, packet_of(packet), by="ann") == 1
    [(run, _)] = promised(boat, packet)
    boat.change("update outbox set delivered_at = now() where unique_key = :run", run=run)
    pause(boat.worker, None, packet_of(packet), by="ann")
    resume(boat.worker, None, packet_of(packet), by="ann")
    assert len(promised(boat, packet)) == 1, "its run is waiting in Airflow"
    pause(boat.worker, None, packet_of(packet), by="ann")
    boat.run("dispatch", packet, "sms lane 1", run_id=run)
    resume(boat.worker, None, packet_of(packet), by="ann")
    assert len(promised(boat, packet)) == 2, "the first has ended its lanes in the pause"


def test_a_run_that_never_begins_is_not_waited_for(boat, packet):
    pause(boat.worker, None, packet_of(packet), by="ann")
    resume(boat.worker, None, packet_of(packet), by="ann")
    boat.change(
        "update outbox set delivered_at = now() - interval '11 minutes' where client_id = :client",
        client=boat.business.client_id,
    )
    pause(boat.worker, None, packet_of(packet), by="ann")
    assert resume(boat.worker, None, packet_of(packet), by="ann") == 1
    assert len(promised(boat, packet)) == 2


def test_a_resume_of_a_campaign_starts_its_packets_one_after_the_other(boat):
    business = boat.business
    campaign = Subject(business.client_id, campaign_id=business.campaign_id)
    packets = [make_sending(boat.worker, business, phones(2)) for _ in range(5)]
    unprepared = make_sending(boat.worker, business, [])
    pause(boat.worker, None, campaign, by="ann")
    pause(boat.worker, None, packet_of(packets[4]), by="ann")
    assert resume(boat.worker, None, campaign, by="ann") == 4
    assert promised(boat, packets[4]) == promised(boat, unprepared) == []
    moments = boat.rows(
        "select extract(epoch from next_try_at - created_at)::float8 as late from outbox where client_id = :client order by id",
        client=business.client_id,
    )
    assert sorted(row.late for row in moments) == [0, 0, 1, 1]


def test_a_packet_that_is_being_prepared_is_not_started_twice(boat):
    packet = make_sending(boat.worker, boat.business, [])
    pause(boat.worker, None, packet_of(packet), by="ann")
    assert resume(boat.worker, None, packet_of(packet), by="ann") == 0


@pytest.mark.parametrize("state", ["settled", "refused"])
def test_a_finished_packet_cannot_be_paused(boat, packet, state):
    boat.change("update data_packet set state = :state where id = :packet", packet=packet, state=state)
    with pytest.raises(ControlRefused, match="finished"):
        pause(boat.worker, None, packet_of(packet), by="ann")


def test_nobody_pauses_or_resumes_what_is_another_clients(boat, packet):
    other = make_business(boat.worker)
    with pytest.raises(NotFound):
        pause(boat.worker, other.client_id, packet_of(packet), by="eve")
    with pytest.raises(NotFound):
        pause(boat.worker, other.client_id, Subject(boat.business.client_id), by="eve")
    with pytest.raises(NotFound):
        pause(boat.worker, None, Subject(other.client_id, campaign_id=boat.business.campaign_id), by="eve")
    pause(boat.worker, None, packet_of(packet), by="ann")
    with pytest.raises(NotFound):
        resume(boat.worker, other.client_id, packet_of(packet), by="eve")


def test_a_paused_packet_is_neither_started_again_nor_alarmed(boat, raw_server):
    world = AirflowWorld()
    airflow = Airflow(raw_server(world).url, "packetboat", "secret", timeout=5)
    packet = make_sending(boat.worker, boat.business, phones(3))
    boat.change(
        "update data_packet set received_at = now() - interval '2 hours', state = 'sending' where id = :packet",
        packet=packet,
    )
    need = "select code from packet_need where packet_id = :packet"
    assert boat.rows(need, packet=packet) == [("silent",)]
    pause(boat.worker, None, packet_of(packet), by="ann")
    watched = start_again(boat.worker, airflow, packet_id=packet)
    assert (watched.started, watched.alarmed) == (0, 0)
    assert boat.rows(need, packet=packet) == []
    resume(boat.worker, None, packet_of(packet), by="ann")
    boat.change("delete from outbox where payload ->> 'packet_id' = :packet", packet=str(packet))
    boat.change("update packet_watch set started_at = now() - interval '1 hour'")
    assert replace(start_again(boat.worker, airflow, packet_id=packet)).started == 1
    airflow.close()


def test_a_deadline_passes_during_a_pause(boat):
    packet = make_sending(boat.worker, boat.business, phones(3), expires="-1 second")
    pause(boat.worker, None, packet_of(packet), by="ann")
    watch_waits(boat.worker)
    assert boat.states(packet) == {"expired": 3}


LOCK = text("select from data_packet where id = :packet for no key update")


def test_a_resume_waits_for_a_claim_that_locks_the_packet(boat, packet):
    """Claims and callbacks lock a packet for a moment; no run goes on by itself because of that."""
    pause(boat.worker, None, packet_of(packet), by="ann")
    with UnitOfWork(boat.worker, every_client=True) as claim, ThreadPoolExecutor(1) as pool:
        claim.execute(LOCK, {"packet": packet})
        resumed = pool.submit(resume, boat.worker, None, packet_of(packet), by="ann")
        wait_for_lock(boat.worker, resumed)
        claim.commit()
        assert resumed.result(timeout=60) == 1
    assert promised(boat, packet) == [(f"packet-{packet}-r1-again-1", "true")]


def test_a_packet_that_stays_locked_is_not_resumed_at_all(boat, packet, monkeypatch):
    monkeypatch.setattr(pause_module, "LOCK_TIMEOUT", text("set local lock_timeout = '50ms'"))
    pause(boat.worker, None, packet_of(packet), by="ann")
    with UnitOfWork(boat.worker, every_client=True) as other:
        other.execute(LOCK, {"packet": packet})
        with pytest.raises(ControlRefused, match="Try again in a minute"):
            resume(boat.worker, None, packet_of(packet), by="ann")
    assert promised(boat, packet) == []
    assert resume(boat.worker, None, packet_of(packet), by="ann") == 1


@pytest.mark.parametrize(("step", "started"), [("clean", 0), ("dispatch", 1)])
def test_a_packet_that_a_prepare_step_works_on_goes_on_by_itself(boat, packet, step, started):
    pause(boat.worker, None, packet_of(packet), by="ann")
    boat.change(
        "insert into packet_step (client_id, packet_id, step, attempt, state)"
        " select client_id, id, :step, 9, 'running' from data_packet where id = :packet",
        step=step,
        packet=packet,
    )
    assert resume(boat.worker, None, packet_of(packet), by="ann") == started


def wait_for_lock(engine, resumed):
    """Returns when a transaction waits for a row, or the resume is over without waiting."""
    waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
    with engine.connect() as watcher:
        while watcher.execute(waiting).scalar() == 0 and not resumed.done():
            watcher.rollback()
            time.sleep(0.02)
