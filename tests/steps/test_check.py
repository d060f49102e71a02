"""The check: it lets good packets through, stops wrong files with a sentence, and keeps its result either way."""

import json

import pytest
from sqlalchemy import text

from pipelines import steps
from pipelines.errors import StepFailed
from pipelines.reports.quality import QualityResult
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, make_business, make_packet

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def worker(database):
    return database.engine("worker")


def fill(
    worker,
    business,
    *,
    rows=10,
    usable=10,
    contact_at="now() + interval '1 day'",
    phone="'+12025550100'",
    email="null",
    first="'Ada'",
):
    """A packet of which the first `usable` rows are clean."""
    packet_id = make_packet(worker, business)
    parameters = {"packet": packet_id, "client": business.client_id, "rows": rows, "usable": usable}
    with UnitOfWork(worker, business.client_id) as uow:
        uow.execute(
            text(
                "insert into data_packet_row (packet_id, row_no, client_id, line_no, cells)"
                " select :packet, n, :client, n + 1, '{}' from generate_series(1, :rows) as n"
            ),
            parameters,
        )
        uow.execute(
            text(
                "insert into clean_row (packet_id, row_no, client_id, first_name, phone, email, language, contact_at, time_zone)"
                f" select :packet, n, :client, {first}, {phone}, {email}, 'en', {contact_at}, 'UTC'"
                " from generate_series(1, :usable) as n"
            ),
            parameters,
        )
        uow.commit()
    return packet_id


def check(worker, packet_id, tmp_path):
    return steps.run("check", packet_id, engine=worker, settings=Settings(home=tmp_path), secrets={})


def kept(worker, packet_id):
    with UnitOfWork(worker, every_client=True) as uow:
        return uow.one(text("select * from quality_result where packet_id = :packet"), {"packet": packet_id})


def with_quality(worker, **quality):
    return make_business(worker, details=REMINDER | {"quality": quality})


def test_a_good_packet_goes_on_and_its_result_is_kept(worker, business, tmp_path):
    packet_id = fill(worker, business, rows=10, usable=9)
    result = check(worker, packet_id, tmp_path)
    assert (result.rows_in, result.rows_out, result.stop) == (9, 9, None)
    found = kept(worker, packet_id)
    assert found.success
    assert {one["name"] for one in found.result["expectations"]} == {"usable_rows", "reachable"}
    assert (found.result["rows"], found.result["usable"]) == (10, 9)


@pytest.mark.parametrize(("usable", "goes_on"), [(5, True), (4, False), (1, False)])
def test_it_stops_beyond_the_feeds_own_share_of_held_rows(worker, business, tmp_path, usable, goes_on):
    packet_id = fill(worker, business, rows=10, usable=usable)  # at most half may be held
    if goes_on:
        check(worker, packet_id, tmp_path)
    else:
        with pytest.raises(
            StepFailed, match=rf"Only {usable} of 10 rows can be used; this feed allows at most 5"
        ):
            check(worker, packet_id, tmp_path)
    assert kept(worker, packet_id).success is goes_on


def test_a_packet_without_a_usable_row_stops(worker, tmp_path):
    packet_id = fill(worker, with_quality(worker), rows=3, usable=0)
    with pytest.raises(StepFailed, match="None of the 3 rows can be used"):
        check(worker, packet_id, tmp_path)
    with UnitOfWork(worker, every_client=True) as uow:
        packet = uow.one(
            text("select state, problem_params, problem_code from data_packet where id = :id"),
            {"id": packet_id},
        )
        step = uow.one(
            text("select state, error_code, error_params from packet_step where packet_id = :id"),
            {"id": packet_id},
        )
    assert (packet.state, packet.problem_code) == ("stopped", "no_usable_row")
    assert step.state == "failed"
    assert (step.error_code, step.error_params) == (packet.problem_code, packet.problem_params)


def test_a_packet_without_a_usable_row_stops_also_where_every_row_may_be_held(worker, tmp_path):
    packet_id = fill(worker, with_quality(worker, max_held_share=1), rows=1, usable=0)
    with pytest.raises(StepFailed, match="1 row was read, and it cannot be used"):
        check(worker, packet_id, tmp_path)


def test_yesterdays_file_is_noticed(worker, tmp_path):
    packet_id = fill(worker, with_quality(worker, max_past_share=0.2), contact_at="now() - interval '1 day'")
    with pytest.raises(StepFailed, match="lie in the past"):
        check(worker, packet_id, tmp_path)
    (past,) = [one for one in kept(worker, packet_id).result["expectations"] if not one["success"]]
    assert (past["element_count"], past["unexpected_count"]) == (10, 10)


@pytest.mark.parametrize(("share", "goes_on"), [(0.9, False), (0.0, True)])
def test_a_field_that_is_usually_filled_is_missed(worker, tmp_path, share, goes_on):
    business = with_quality(worker, min_filled={"email": share})
    packet_id = fill(worker, business)
    if goes_on:
        check(worker, packet_id, tmp_path)
    else:
        with pytest.raises(StepFailed, match="field e-mail address is filled in fewer rows"):
            check(worker, packet_id, tmp_path)


def test_what_a_lenient_feed_lets_through_is_counted_all_the_same(worker, tmp_path):
    business = with_quality(worker, max_past_share=0.5, min_filled={"email": 0.1})
    half_past = "now() + case when n <= 4 then interval '-1 day' else interval '1 day' end"
    packet_id = fill(
        worker,
        business,
        contact_at=f"case when n > 1 then {half_past} end",
        email="case when n > 7 then 'a@b.example' end",
    )
    check(worker, packet_id, tmp_path)
    with UnitOfWork(worker, every_client=True) as uow:
        found = QualityResult.read(uow, packet_id)
    counts = {one.name: (one.missed, one.rows, one.allowed) for one in found.expectations}
    assert found.success
    assert counts == {
        "usable_rows": (0, 10, 9),
        "reachable": (0, 10, 0),
        "filled:email": (7, 10, 9),
        "not_in_the_past": (3, 9, 4),
    }


def test_rows_without_any_address_are_found(worker, business, tmp_path):
    with pytest.raises(StepFailed, match="without any address"):
        check(worker, fill(worker, business, phone="null"), tmp_path)


def test_the_result_contains_no_values(worker, tmp_path):
    business = with_quality(worker, max_past_share=0.0, min_filled={"email": 1.0})
    packet_id = fill(worker, business, contact_at="now() - interval '1 day'")
    with pytest.raises(StepFailed):
        check(worker, packet_id, tmp_path)
    document = json.dumps(kept(worker, packet_id).result)
    assert "+1202" not in document
    assert "Ada" not in document


def test_it_sees_its_own_packet_alone(worker, business, tmp_path):
    fill(worker, business, rows=50, usable=50)
    packet_id = fill(worker, business, rows=10, usable=3)
    with pytest.raises(StepFailed, match="Only 3 of 10"):
        check(worker, packet_id, tmp_path)


def test_a_second_check_replaces_the_first(worker, business, tmp_path):
    packet_id = fill(worker, business)
    check(worker, packet_id, tmp_path)
    check(worker, packet_id, tmp_path)
    assert kept(worker, packet_id).success
