"""What housekeeping deletes and what it keeps: old logs, unfinished uploads, Airflow's records of errands."""

import os
import time

import pytest
from sqlalchemy import text

from pipelines.actions.upkeep.keep_house import delete_old_logs, delete_unfinished_uploads
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_packet

DAY = 24 * 3600


@pytest.fixture
def worker(database):
    return database.engine("worker")


@pytest.fixture
def home(tmp_path):
    return Settings(_env_file=None, home=tmp_path)


@pytest.fixture
def written(home):
    """Write a file of the home that is some days old."""

    def write(name, days):
        path = home.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a line\n")
        moment = time.time() - days * DAY
        for one in (path, path.parent, path.parent.parent):
            os.utime(one, (moment, moment))
        return path

    return write


@pytest.fixture
def packet(worker, business):
    """Make a packet in a state; returns the id of its run."""

    def make(state):
        packet_id = make_packet(worker, business)
        run_id = f"packet-{packet_id}-r1"
        with UnitOfWork(worker, business.client_id) as uow:
            change = "update data_packet set state = :state, run_id = :run_id where id = :id"
            uow.execute(text(change), {"state": state, "run_id": run_id, "id": packet_id})
            uow.commit()
        return run_id

    return make


def task_log(dag, run):
    return f"logs/tasks/dag_id={dag}/run_id={run}/task_id=load/attempt=1.log"


@pytest.mark.parametrize("state", ["settled", "refused"])
def test_logs_of_finished_packets_go_after_their_days(worker, home, written, packet, state):
    old, young = (
        written(task_log("packet", packet(state)), 15),
        written(task_log("packet", packet(state)), 13),
    )
    assert delete_old_logs(worker, home) == 1
    assert not old.parent.parent.exists()
    assert young.exists()
    assert delete_old_logs(worker, home.model_copy(update={"log_days": 12})) == 1
    assert not young.exists()


@pytest.mark.parametrize("state", ["received", "preparing", "sending", "stopped"])
def test_logs_of_packets_that_are_not_finished_stay(worker, home, written, packet, state):
    log = written(task_log("packet", packet(state)), 400)
    assert delete_old_logs(worker, home) == 0
    assert log.exists()


def test_one_young_log_keeps_the_run(worker, home, written, packet):
    run = packet("settled")
    old = written(task_log("packet", run), 20)
    young = written(task_log("packet", run).replace("task_id=load", "task_id=settle"), 1)
    assert delete_old_logs(worker, home) == 0
    assert old.exists()
    assert young.exists()


def test_logs_of_errands_go_after_two_days_and_of_a_deleted_packet_as_any(worker, home, written):
    gone = [written(task_log("pulse", "a"), 3), written(task_log("housekeeping", "b"), 3)]
    gone += [written(task_log("packet", "packet-of-nobody-r1"), 20), written(task_log("pulse", "old"), 20)]
    kept = [written(task_log("pulse", "c"), 1), written(task_log("packet", "packet-of-nobody-r2"), 3)]
    assert delete_old_logs(worker, home) == 4
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)


def test_logs_of_dag_files_and_older_logs_of_processes_go(worker, home, written):
    gone = [written("logs/dag-files/2026-01-01/packetboat/pulse.py.log", 3), written("logs/portal.log.1", 15)]
    kept = [written("logs/dag-files/2026-01-04/packetboat/pulse.py.log", 0), written("logs/portal.log.1", 13)]
    gone[1] = written("logs/airflow-scheduler.log.1", 15)
    kept.append(written("logs/sandbox.log", 100))  # its process may have it open still
    latest = home.home / "logs/dag-files/latest"
    latest.symlink_to("2026-01-04")
    assert delete_old_logs(worker, home) == 2
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)
    assert latest.is_symlink()


def test_a_home_without_logs_is_fine(worker, home):
    assert delete_old_logs(worker, home) == 0
    assert delete_unfinished_uploads(home) == 0


def test_only_old_parts_of_uploads_go(home, written):
    part, fresh = written("files/incoming-abc", 1.1), written("files/incoming-def", 0.9)
    whole = written(f"files/{'0' * 64}", 400)
    assert delete_unfinished_uploads(home) == 1
    assert not part.exists()
    assert fresh.exists()
    assert whole.exists()
