"""Map fields: proposed once, remembered, stopped when a column that was used is gone."""

import pytest

from pipelines.errors import StepFailed
from pipelines.language import say
from tests.builders import REMINDER
from tests.steps.preparing import Preparing

HEADER = "First name,Mobile,Appt date,Doctor\n"
ROW = "Ann,+12125552368,2027-03-31,Lee\n"


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


def mapped(preparing, content):
    packet_id = preparing.packet(content)
    return packet_id, preparing.run(packet_id, "load", "map_fields")


def maps(preparing):
    return preparing.rows(
        "select version, mapping -> 'fields', mapping -> 'extras' from load_map order by version"
    )


def pinned(preparing, packet_id):
    return preparing.rows(
        "select version from data_packet join load_map on load_map.id = load_map_id where data_packet.id = :id",
        id=packet_id,
    )


def test_a_new_header_gets_a_map_with_reasons(preparing):
    packet_id, result = mapped(preparing, HEADER + ROW)
    assert (result.rows_in, result.rows_out, result.rows_held) == (1, 1, 0)
    assert maps(preparing) == [
        (
            1,
            {"first_name": "First name", "phone": "Mobile", "contact_date": "Appt date"},
            {"doctor": "Doctor"},
        )
    ]
    assert pinned(preparing, packet_id) == [(1,)]
    assert preparing.rows("select reasons ->> 'Mobile' from load_map") == [("phone: a known name for it",)]


def test_the_same_columns_are_mapped_alike_the_next_day(preparing):
    mapped(preparing, HEADER + ROW)
    packet_id, _ = mapped(preparing, "doctor,APPT_DATE,mobile,first name\nLee,2027-04-01,+12125552369,Bob\n")
    assert len(maps(preparing)) == 1
    assert pinned(preparing, packet_id) == [(1,)]
    preparing.run(packet_id, "clean")
    assert preparing.clean(packet_id) == [(1, "Bob", "+12125552369", None, "2027-04-01")]


def test_a_map_that_a_person_made_is_used(preparing):
    mapped(preparing, HEADER + ROW)
    preparing.do("""update load_map set mapping = jsonb_set(mapping, '{fields,last_name}', '"Doctor"')""")
    packet_id, _ = mapped(preparing, HEADER + ROW.replace("Ann", "Zoe"))
    preparing.run(packet_id, "clean")
    assert preparing.clean(packet_id, "first_name, last_name") == [("Zoe", "Lee")]


def test_a_rerun_keeps_the_map(preparing):
    packet_id, first = mapped(preparing, HEADER + ROW)
    assert preparing.run(packet_id, "map_fields") == first
    assert len(maps(preparing)) == 1


def test_a_new_column_is_noted_and_mapped(preparing):
    mapped(preparing, HEADER + ROW)
    packet_id, result = mapped(
        preparing, HEADER.replace("Doctor", "Doctor,Room") + ROW.replace("Lee", "Lee,4")
    )
    assert say(result.note) == "The columns differ from last time (new: Room)."
    assert maps(preparing)[1][2] == {"doctor": "Doctor", "room": "Room"}
    assert pinned(preparing, packet_id) == [(2,)]


def test_a_column_that_was_used_and_is_gone_stops_with_the_difference(preparing):
    mapped(preparing, HEADER + ROW)
    with pytest.raises(StepFailed) as failure:
        mapped(preparing, HEADER.replace("Mobile", "Contact") + ROW.replace("+12125552368", "ask"))
    assert failure.value.code == "header_drift"
    assert "no longer there: Mobile; new: Contact" in str(failure.value)
    assert "mobile number" in str(failure.value)
    assert len(maps(preparing)) == 1


def test_a_missing_required_column_is_named_with_what_was_found(preparing):
    with pytest.raises(StepFailed) as failure:
        mapped(preparing, "Name,Mobile\nAnn Lee,+12125552368\n")
    assert failure.value.code == "missing_column"
    assert "first name and date" in str(failure.value)
    assert "Name and Mobile" in str(failure.value)
    assert maps(preparing) == []


def test_held_rows_are_ignored_by_the_proposal(preparing):
    preparing.change_campaign(details=REMINDER | {"fields": {}})
    ragged = "x@example.com\n" * 5
    _, result = mapped(preparing, "a,b\n" + ragged + "Ann,+12125552368\n")
    assert (result.rows_in, maps(preparing)[0][1]) == (1, {"phone": "b"})


def test_map_fields_before_load_says_so(preparing):
    with pytest.raises(StepFailed, match="its step “Load the file” has to run first"):
        preparing.run(preparing.packet(HEADER + ROW), "map_fields")
