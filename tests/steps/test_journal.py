"""The journal: one row per attempt, with live progress, closed with the work or without it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipelines.language import Sentence
from pipelines.steps import journal
from pipelines.steps.journal import PacketFacts, Progress, StepResult
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business, make_packet


@pytest.fixture
def worker(database):
    return database.engine("worker")


@pytest.fixture
def packet_id(worker, business):
    return make_packet(worker, business)


def rows(worker, business):
    with UnitOfWork(worker, business.client_id) as uow:
        return uow.all(text("select * from packet_step order by step, lane, attempt"))


def begin(worker, business, packet_id, step="load", lane=""):
    return journal.begin(worker, business.client_id, packet_id, step, lane, run_id="run")


def test_an_attempt_is_seen_while_it_runs_and_closed_with_its_work(worker, business, packet_id):
    journal_id = begin(worker, business, packet_id)
    assert [(row.state, row.attempt, row.run_id) for row in rows(worker, business)] == [("running", 1, "run")]
    with UnitOfWork(worker, business.client_id) as uow:
        journal.finish(
            uow,
            journal_id,
            "done",
            StepResult(10, 8, 2, bytes=99, note=Sentence("expectations_checked", {"n": 2})),
        )
        uow.commit()
    (row,) = rows(worker, business)
    assert (row.state, row.rows_in, row.rows_out, row.rows_held, row.bytes, row.note) == (
        "done",
        10,
        8,
        2,
        99,
        {"code": "expectations_checked", "params": {"n": 2}},
    )
    assert row.ended_at > row.started_at


def test_undone_work_leaves_the_attempt_open(worker, business, packet_id):
    journal_id = begin(worker, business, packet_id)
    with UnitOfWork(worker, business.client_id) as uow:
        journal.finish(uow, journal_id, "done", StepResult(1, 1, 0))
    assert rows(worker, business)[0].state == "running"


def test_a_failure_has_a_sentence(worker, business, packet_id):
    journal.fail(
        worker,
        business.client_id,
        begin(worker, business, packet_id),
        Sentence("step_unended", {"step": "load"}),
    )
    (row,) = rows(worker, business)
    assert (row.state, row.error_code, row.error_params) == ("failed", "step_unended", {"step": "load"})


def test_the_next_attempt_closes_one_that_died(worker, business, packet_id):
    begin(worker, business, packet_id)
    begin(worker, business, packet_id)
    assert [(row.attempt, row.state, row.error_code) for row in rows(worker, business)] == [
        (1, "failed", "died"),
        (2, "running", None),
    ]


def test_lanes_are_attempts_of_their_own(worker, business, packet_id):
    begin(worker, business, packet_id, "dispatch", "sms lane 1")
    begin(worker, business, packet_id, "dispatch", "sms lane 2")
    assert [(row.lane, row.attempt, row.state) for row in rows(worker, business)] == [
        ("sms lane 1", 1, "running"),
        ("sms lane 2", 1, "running"),
    ]


def test_progress_is_seen_before_the_work_is_committed(worker, business, packet_id, monkeypatch):
    monkeypatch.setattr(journal, "PROGRESS_EVERY", 0)
    progress = Progress(worker, business.client_id, begin(worker, business, packet_id))
    progress.expect(1_000)
    progress.done(250)
    assert [(row.rows_done, row.rows_expected) for row in rows(worker, business)] == [(250, 1_000)]


def test_progress_is_cheap(worker, business, packet_id):
    progress = Progress(worker, business.client_id, begin(worker, business, packet_id))
    for done in range(1_000):
        progress.done(done)
    assert rows(worker, business)[0].rows_done == 0  # not a single write within the first half second


def test_facts_take_the_feeds_region_before_the_clients(worker, business, packet_id):
    with UnitOfWork(worker, business.client_id) as uow:
        facts = PacketFacts.read(uow, packet_id)
        assert (facts.region, facts.time_zone, facts.language) == ("US", "America/New_York", "en")
        uow.execute(text("""update feed set settings = '{"region": "FR", "time_zone": "Europe/Paris"}'"""))
        facts = PacketFacts.read(uow, packet_id)
        assert (facts.region, facts.time_zone, facts.language) == ("FR", "Europe/Paris", "en")


def test_facts_of_another_clients_packet_are_not_visible(worker, packet_id):
    stranger = make_business(worker)
    with UnitOfWork(worker, stranger.client_id) as uow:
        assert PacketFacts.read(uow, packet_id) is None


def test_attempts_that_begin_at_once_get_numbers_of_their_own(worker, business, packet_id):
    together = threading.Barrier(4)

    def start(_):
        together.wait()
        begin(worker, business, packet_id, "dispatch", "sms lane 1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert [row.attempt for row in rows(worker, business)] == [1, 2, 3, 4]
