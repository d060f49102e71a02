"""The profile of a packet: counts and shapes of each field, and nobody's values."""

import json
from importlib import import_module

import pytest

from pipelines.domain.mapping import LoadMap
from pipelines.reports.quality import QualityResult
from pipelines.store.unit_of_work import UnitOfWork
from tests.steps.preparing import Preparing

HEADER = "id,first_name,last_name,mobile,email,date,time,Doctor\n"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


@pytest.fixture
def profiles():
    """The module, which brings Great Expectations with it, and that its warnings."""
    return import_module("pipelines.steps.check.profile")


def checked(preparing, lines):
    """The profile that the check keeps, by field, and the whole."""
    packet_id, _ = preparing.cleaned(HEADER + "".join(f"{line}\n" for line in lines))
    preparing.run(packet_id, "check")
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        found = QualityResult.read(uow, packet_id).profile
    return {one.field: one for one in found.fields}, found


def test_each_field_of_the_file_is_counted(preparing):
    fields, whole = checked(
        preparing,
        [
            "A-1,Ann,O'Neil,(212) 555-2368,ann@example.com,2027-03-31,09:30,Dr. Lee",
            "A-2,ANN,Lefèvre,+12125552369,,2027-03-31,09:30,Dr. Lee",
            "A-30,Bob,Lee,+12125552370,bob@example.com,2027-04-01,10:00,Dr. Lee",
            "4,Cid,Lee,911,,2027-04-01,10:00,Dr. Lee",
            "5,Dan,Lee,+12125552371,,2027-02-30,10:00,Dr. Lee",
        ],
    )
    assert (whole.version, whole.rows) == (1, 3)
    assert list(fields) == ["external_id", "first_name", "last_name", "phone", "email", "contact_at"]
    counts = {
        name: (one.filled, one.distinct, one.changed, one.held, one.shortest, one.longest)
        for name, one in fields.items()
    }
    assert counts == {
        "external_id": (3, 3, 0, 0, 3, 4),
        "first_name": (3, 2, 1, 0, 3, 3),
        "last_name": (3, 3, 0, 0, 3, 7),
        "phone": (3, 3, 1, 1, 12, 12),
        "email": (2, 2, 0, 0, 15, 15),
        "contact_at": (3, 2, 0, 1, 16, 16),
    }
    assert fields["phone"].shapes == (("+9", 3),)
    assert fields["last_name"].shapes == (("A'Aa", 1), ("Aa", 1), ("Aaxa", 1))
    assert fields["contact_at"].shapes == (("9-9-9 9:9", 3),)


def test_a_packet_without_a_usable_row_has_a_profile(preparing, profiles):
    packet_id, _ = preparing.cleaned(HEADER + "1,Ann,Lee,911,,2027-03-31,09:30,Dr. Lee\n")
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        found = profiles.profile(uow, packet_id, LoadMap({"phone": "mobile"}), 1)
    empty = {"filled": 0, "distinct": 0, "changed": 0, "shortest": 0, "longest": 0, "shapes": []}
    assert found == {"version": 1, "rows": 0, "fields": [{"field": "phone", "held": 1} | empty]}


def test_it_contains_no_values(preparing):
    lines = [
        f"{n},Zoë{chr(97 + n)},Lee,+121255523{n:02},zoe{n}@example.com,2027-03-31,09:30,Dr. Lee"
        for n in range(20)
    ]
    packet_id, _ = preparing.cleaned(HEADER + "".join(f"{line}\n" for line in lines))
    preparing.run(packet_id, "check")
    ((kept,),) = preparing.rows("select result from quality_result where packet_id = :id", id=packet_id)
    document = json.dumps(kept["profile"], ensure_ascii=False)
    assert not [part for part in ("Zoë", "zoe", "Lee", "2125552", "example", "2027") if part in document]


def test_a_large_packet_is_sampled_with_the_same_rows_each_time(preparing, profiles, monkeypatch):
    monkeypatch.setattr(profiles, "MAX_ROWS", 7)
    lines = [f"{'n' * (n + 1)},Ann,Lee,+121255523{n:02},,2027-03-31,09:30,Dr. Lee" for n in range(30)]
    packet_id, _ = preparing.cleaned(HEADER + "".join(f"{line}\n" for line in lines))
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        load_map = LoadMap({"external_id": "id", "phone": "mobile"})
        first, *others = (profiles.profile(uow, packet_id, load_map, 30) for _ in range(5))
    assert all(other == first for other in others)
    assert (first["rows"], [one["filled"] for one in first["fields"]]) == (7, [7, 7])
