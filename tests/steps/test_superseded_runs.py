"""A packet that was resumed while its old run was still alive has two runs: the newer one sends and settles it, the old one ends quietly."""

import pytest

from pipelines import steps
from pipelines.actions.packets.pause import pause, resume
from pipelines.actions.packets.subjects import packet_of
from pipelines.errors import StepFailed
from pipelines.language import say
from pipelines.steps import journal
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones

__all__ = ["sandbox"]

LANE = "sms lane 1"
SUPERSEDED = "Nothing was done: another run of this packet has taken over. Run the step again there."


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def packet(boat):
    """A packet whose first run has ended its lane in a pause, and which was resumed before that run could settle it."""
    packet = make_sending(boat.worker, boat.business, phones(5))
    who = {"packet_id": packet, "client_id": boat.business.client_id, "run_id": old_run(packet)}
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        uow.execute(sql("actions/promise_start"), who | {"prepared": False})
        uow.commit()
    boat.change("update data_packet set run_id = :run where id = :packet", packet=packet, run=who["run_id"])
    pause(boat.worker, None, packet_of(packet), by="ann")
    assert "paused" in say(boat.run("dispatch", packet, LANE, run_id=old_run(packet)).note)
    assert resume(boat.worker, None, packet_of(packet), by="ann") == 1
    return packet


def old_run(packet):
    return f"packet-{packet}-r1"


def new_run(packet):
    return f"packet-{packet}-r1-again-1"


def state(boat, packet):
    query = "select state, problem_code from data_packet where id = :packet"
    return tuple(boat.rows(query, packet=packet)[0])


def test_the_old_run_settles_nothing_while_the_lanes_of_the_new_one_are_at_work(boat, sandbox, packet):
    journal.begin(boat.worker, boat.business.client_id, packet, "dispatch", LANE, new_run(packet))
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    assert say(boat.run("settle", packet, run_id=old_run(packet)).note) == SUPERSEDED
    assert state(boat, packet) == ("sending", None)
    assert not boat.rows("select from packet_total where packet_id = :packet", packet=packet)
    boat.run("dispatch", packet, LANE, run_id=new_run(packet))
    boat.run("settle", packet, run_id=new_run(packet))
    assert state(boat, packet) == ("settled", None)
    assert len(sandbox.journal()) == 5


def test_a_lane_of_the_old_run_that_starts_once_more_sends_nothing(boat, sandbox, packet):
    assert say(boat.run("dispatch", packet, LANE, run_id=old_run(packet)).note) == SUPERSEDED
    assert not sandbox.journal()
    assert boat.run("dispatch", packet, LANE, run_id=new_run(packet)).rows_out == 5


def test_a_step_of_the_old_run_that_is_given_up_stops_nothing(boat, packet):
    steps.give_up(boat.worker, packet, "dispatch", old_run(packet))
    assert state(boat, packet) == ("preparing", None)
    steps.give_up(boat.worker, packet, "dispatch", new_run(packet))
    assert state(boat, packet) == ("stopped", "gave_up")


def test_a_prepare_step_of_the_old_run_changes_nothing(boat, packet):
    counts = {"rows_in": 5, "rows_out": 5, "rows_held": 0, "bytes": 0, "note": None, "state": "done"}
    begun = journal.begin(boat.worker, boat.business.client_id, packet, "clean", "", old_run(packet))
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        uow.execute(sql("steps/journal/finish"), counts | {"journal_id": begun})
        uow.commit()
    result = boat.run("clean", packet, run_id=old_run(packet))
    assert (result.rows_in, result.rows_out) == (5, 5)
    assert boat.states(packet) == {"ready": 5}
    kept = "select state from packet_step where packet_id = :packet and step = 'clean' order by attempt desc limit 1"
    assert boat.rows(kept, packet=packet) == [("kept",)]


def test_what_a_lane_of_the_old_run_records_last_is_added_up_by_its_own_settle(boat, packet):
    boat.run("dispatch", packet, LANE, run_id=new_run(packet))
    held = "update message set state = 'sending' where packet_id = :packet and row_no = 5"
    boat.change(held, packet=packet)
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.run("settle", packet, run_id=new_run(packet))
    assert state(boat, packet) == ("sending", None)
    boat.change("update message set state = 'failed' where packet_id = :packet and row_no = 5", packet=packet)
    boat.run("settle", packet, run_id=old_run(packet))
    totals = "select sent, failed, waiting from packet_total where packet_id = :packet"
    assert [tuple(row) for row in boat.rows(totals, packet=packet)] == [(4, 1, 0)]
    assert state(boat, packet) == ("settled", None)


def test_a_failure_of_the_old_run_does_not_stop_the_packet(boat, packet, monkeypatch):
    monkeypatch.setattr(steps, "MAX_DEATHS", 0)
    with pytest.raises(StepFailed):
        boat.run("dispatch", packet, LANE, run_id=old_run(packet))
    assert state(boat, packet) == ("preparing", None)
    failed = "select error_code from packet_step where packet_id = :packet and state = 'failed'"
    assert boat.rows(failed, packet=packet) == [("died_often",)]
    with pytest.raises(StepFailed):
        boat.run("dispatch", packet, LANE, run_id=new_run(packet))
    assert state(boat, packet) == ("stopped", "died_often")
