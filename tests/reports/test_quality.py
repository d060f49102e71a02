"""The quality check in words: how many rows fail each expectation, out of how many, and how many may."""

import json

import pytest
from sqlalchemy import text

from pipelines.language import say
from pipelines.reports.quality import QualityResult
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_packet

LIMITS = {"max_held_share": 0.5, "max_past_share": 0.05, "min_filled": {"email": 0.9, "contact_at": 1.0}}
EXPECTATIONS = [
    {"name": "usable_rows", "success": True},
    {"name": "reachable", "success": True},
    {"name": "filled:email", "success": True, "element_count": 990, "unexpected_count": 12},
    {
        "name": "not_in_the_past",
        "success": False,
        "element_count": 990,
        "missing_count": 90,
        "unexpected_count": 46,
    },
]


@pytest.fixture
def keep(database, business):
    """Stores a result for a new packet, and reads it."""
    engine = database.engine("worker")

    def keep(**result):
        packet_id = make_packet(engine, business)
        with UnitOfWork(engine, business.client_id) as uow:
            uow.execute(
                text(
                    "insert into quality_result (packet_id, client_id, suite, success, result)"
                    " values (:packet, :client, 'feed', false, cast(:result as jsonb))"
                ),
                {"packet": packet_id, "client": business.client_id, "result": json.dumps(result)},
            )
            return QualityResult.read(uow, packet_id)

    return keep


def test_each_expectation_has_its_counts_and_what_is_allowed(keep):
    quality = keep(rows=1000, usable=990, limits=LIMITS, expectations=EXPECTATIONS)
    assert [(say(one.words), one.met, one.missed, one.rows, one.allowed) for one in quality.expectations] == [
        ("Enough rows can be used", True, 10, 1000, 500),
        ("Every usable row can be reached", True, 0, 990, 0),
        ("The field “e-mail address” is filled in", True, 12, 990, 99),
        ("The appointments are in the future", False, 46, 900, 45),
    ]


def test_without_thresholds_one_usable_row_is_enough(keep):
    limits = {"max_held_share": 1.0, "max_past_share": 1.0, "min_filled": {}}
    (usable,) = keep(rows=3, usable=0, limits=limits, expectations=EXPECTATIONS[:1]).expectations
    assert (usable.missed, usable.allowed) == (3, 2)


def test_a_count_that_was_not_stored_is_none(keep):
    unmet = [{"name": "reachable", "success": False}]
    (reachable,) = keep(rows=10, usable=10, expectations=unmet).expectations
    assert (reachable.missed, reachable.allowed) == (None, None)


def test_a_packet_that_was_not_checked_has_no_result(database, business):
    packet_id = make_packet(database.engine("worker"), business)
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        assert QualityResult.read(uow, packet_id) is None
