"""Clean: every row is either usable and typed, or held."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import StepFailed
from pipelines.language import say
from tests.steps.preparing import Preparing

HEADER = "id,first_name,last_name,mobile,email,lang,date,time\n"


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


def test_the_common_shape_and_the_rest(preparing):
    packet_id, result = preparing.cleaned(
        HEADER
        + "A-1,James,Butt,+12125552368,james@example.com,en,2027-03-31,09:30\n"
        + "A-2, ANNE-MARIE ,O'NEIL,(212) 555-2369,Anne@Example.COM,Français,2027-03-31,2:30 PM\n"
        + "A-3,Bob,,,bob@example.com,,2027-04-01,14h\n"
    )
    assert (result.rows_in, result.rows_out, result.rows_held, result.note) == (3, 3, 0, None)
    assert preparing.clean(
        packet_id, "external_id, first_name, last_name, phone, can_text, email, language, local_at, time_zone"
    ) == [
        (
            "A-1",
            "James",
            "Butt",
            "+12125552368",
            True,
            "james@example.com",
            "en",
            "2027-03-31 09:30",
            "America/New_York",
        ),
        (
            "A-2",
            "Anne-Marie",
            "O'Neil",
            "+12125552369",
            True,
            "Anne@example.com",
            "fr",
            "2027-03-31 14:30",
            "America/New_York",
        ),
        ("A-3", "Bob", None, None, None, "bob@example.com", "en", "2027-04-01 14:00", "America/New_York"),
    ]
    assert preparing.clean(packet_id, "contact_at")[0] == (datetime(2027, 3, 31, 13, 30, tzinfo=UTC),)
    assert [set(changes or ()) for (changes,) in preparing.clean(packet_id, "changes")] == [
        set(),
        {"first_name:name", "last_name:name", "phone:e164", "email:email", "language:language"},
        set(),
    ]


def test_unusable_rows_are_held_with_line_column_code_and_value(preparing):
    packet_id, result = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,6.12E+08,,en,2027-03-31,09:30\n"
        + "2,Bob,Lee,,bob@nowhere.invalid,en,2027-03-31,09:30\n"
        + "3,Cid,Lee,911,nobody,en,2027-03-31,09:30\n"
        + "4,Dan,Lee,+12125552368,,en,2027-02-30,09:30\n"
        + "5,Eve,Lee,+12125552369,,en,2027-03-31,25:00\n"
        + ",,,+12125552370,,en,2027-03-31,09:30\n"
        + "7,Fay,Lee,+12125552371,,en,,\n"
        + "8,Gil,Lee,,,en,2027-03-31,09:30\n"
        + "9,Hal,Lee,+12125552372,,en,2027-03-31,09:30\n"
    )
    assert (result.rows_in, result.rows_out, result.rows_held) == (9, 1, 8)
    assert preparing.held(packet_id) == [
        (2, "mobile", "excel_number", "6.12E+08"),
        (3, "email", "reserved_domain", "bob@nowhere.invalid"),
        (4, "email", "not_an_email", "nobody"),
        (4, "mobile", "short_number", "911"),
        (5, "date", "impossible_date", "2027-02-30"),
        (6, "time", "impossible_time", "25:00"),
        (7, "first_name", "required_empty", None),
        (8, "date", "required_empty", None),
        (9, None, "no_address", None),
    ]


def test_a_bad_address_beside_a_good_one_does_not_hold_the_row(preparing):
    packet_id, result = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,6.12E+08,ann@example.com,en,2027-03-31,9:30\n"
        + "2,Bob,Lee,+12125552368,nobody,en,2027-03-31,9:30\n"
    )
    assert result.rows_held == 0
    assert preparing.clean(packet_id, "phone, email, changes") == [
        (None, "ann@example.com", ["phone:excel_number"]),
        ("+12125552368", None, ["email:not_an_email"]),
    ]


def test_a_landline_is_kept_and_marked(database, tmp_path):
    preparing = Preparing(database, tmp_path, region="FR", time_zone="Europe/Paris")
    packet_id, _ = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,01 40 20 50 50,,fr,31/03/2027,9h30\n2,Bob,Lee,06 12 34 56 78,,fr,31/03/2027,9h30\n"
    )
    assert preparing.clean(packet_id, "phone, can_text") == [("+33140205050", False), ("+33612345678", True)]


def test_each_phone_has_its_country(preparing):
    """Read by SQL, read by the library, and none."""
    packet_id, _ = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,212 555 2368,,en,2027-03-31,9:30\n"
        + "2,Bob,Lee,+1 613 555 0123,,en,2027-03-31,9:30\n"
        + "3,Cy,Lee,,cy@example.com,en,2027-03-31,9:30\n"
    )
    assert preparing.clean(packet_id, "phone_country") == [("US",), ("CA",), (None,)]


def test_duplicates_are_held_with_the_line_of_the_row_that_stays(preparing):
    packet_id, result = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,(212) 555-2368,,en,2027-03-31,09:30\n"
        + "2,Ann,Lee,212-555-2368,,en,2027-03-31,9:30 am\n"
        + "3,Ann,Lee,+12125552368,,en,2027-03-31,15:00\n"
        + "4,Ann,Lee,+12125552368,,en,03/31/2027,9h30\n"
        + "5,Bob,Lee,,bob@example.com,en,2027-03-31,09:30\n"
        + "6,Bob,Lee,,bob@EXAMPLE.com,en,2027-03-31,09:30\n"
    )
    assert result.rows_held == 3
    assert preparing.rows(
        "select line_no, code, params from held_row where packet_id = :id order by row_no", id=packet_id
    ) == [(line, "duplicate", {"line": kept}) for line, kept in ((3, 2), (5, 2), (7, 6))]
    assert [row[0] for row in preparing.clean(packet_id, "row_no")] == [1, 3, 5]


def test_duplicates_without_any_date(database, tmp_path):
    preparing = Preparing(database, tmp_path, required=("first_name",))
    packet_id, result = preparing.cleaned(
        "first_name,phone\nAnn,+12125552368\nANN,+12125552368\nBob,+12125552369\n"
    )
    assert result.rows_held == 1
    assert preparing.held(packet_id) == [(3, "phone", "duplicate", None)]


def test_duplicate_addresses_are_found_whatever_their_case(database, tmp_path):
    preparing = Preparing(database, tmp_path, required=("first_name",))
    packet_id, result = preparing.cleaned(
        "first_name,email\nAnn,Ann@Example.com\nAnn,ann@example.com\nAnn,anne@example.com\n"
    )
    assert result.rows_held == 1
    assert preparing.held(packet_id) == [(3, "email", "duplicate", None)]


def test_a_duplicate_names_the_column_of_its_address(preparing):
    """The file has a phone column too, but these rows have no phone number."""
    packet_id, _ = preparing.cleaned(
        HEADER
        + "1,Ann,Lee,,ann@example.com,en,2027-03-31,09:30\n2,Ann,Lee,,ann@example.com,en,2027-03-31,09:30\n"
        + "3,Bob,Lee,+12125552368,b@example.com,en,2027-03-31,09:30\n4,Bob,Lee,+12125552368,,en,2027-03-31,09:30\n"
    )
    assert preparing.held(packet_id) == [(3, "email", "duplicate", None), (5, "mobile", "duplicate", None)]


def test_two_people_on_one_phone_both_stay(preparing):
    packet_id, result = preparing.cleaned(
        HEADER + "1,Ann,Lee,+12125552368,,en,2027-03-31,09:30\n2,Eve,Lee,+12125552368,,en,2027-03-31,09:30\n"
    )
    assert result.rows_held == 0
    assert len(preparing.clean(packet_id, "row_no")) == 2


def test_the_order_of_dates_is_decided_by_the_column_and_remembered(preparing):
    _, first = preparing.cleaned(
        HEADER + "1,Ann,L,+12125552368,,en,31/03/2027,9:30\n2,Bob,L,+12125552369,,en,03/04/2027,9:30\n"
    )
    assert first.note is None
    assert preparing.rows(
        "select version, mapping #>> '{formats,contact_date}' from load_map order by version"
    ) == [(1, None), (2, "DMY")]
    packet_id, second = preparing.cleaned(HEADER + "3,Cid,L,+12125552370,,en,05/06/2027,9:30\n")
    assert preparing.clean(packet_id, "local_at") == [("2027-06-05 09:30",)]
    assert "as before in this feed" in say(second.note)
    with pytest.raises(StepFailed) as failure:
        preparing.cleaned(HEADER + "4,Dan,L,+12125552371,,en,03/31/2027,9:30\n")
    assert failure.value.code == "date_order_changed"


def test_dates_that_show_nothing_follow_the_region_and_say_so(preparing):
    packet_id, result = preparing.cleaned(HEADER + "1,Ann,L,+12125552368,,en,03/04/2027,9:30\n")
    assert preparing.clean(packet_id, "local_at") == [("2027-03-04 09:30",)]
    assert "month/day, as is usual in US" in say(result.note)


def test_mixed_dates_stop_the_packet_and_leave_nothing(preparing):
    packet_id = preparing.packet(
        HEADER + "1,Ann,L,+12125552368,,en,31/03/2027,9:30\n2,Bob,L,+12125552369,,en,03/31/2027,9:30\n"
    )
    preparing.run(packet_id, "load", "map_fields")
    with pytest.raises(StepFailed) as failure:
        preparing.run(packet_id, "clean")
    assert failure.value.code == "mixed_dates"
    assert preparing.clean(packet_id) == []
    assert preparing.held(packet_id) == []


def test_a_skipped_time_is_held_and_a_repeated_time_is_noted(preparing):
    packet_id, result = preparing.cleaned(
        HEADER + "1,Ann,L,+12125552368,,en,2027-03-14,02:30\n2,Bob,L,+12125552369,,en,2027-11-07,01:30\n"
    )
    assert preparing.clean(packet_id, "local_at, changes") == [
        ("2027-11-07 01:30", ["contact_at:dst_overlap"])
    ]
    assert preparing.held(packet_id) == [(2, "time", "skipped_time", "02:30")]
    assert result.rows_held == 1


def test_a_placeholder_is_not_a_name(preparing):
    packet_id, _ = preparing.cleaned(
        HEADER
        + "1,N/A,Lee,+12125552368,,en,2027-03-15,09:30\n2,Nan,Null,+12125552369,,en,2027-03-15,09:30\n"
        + "3,Bob,--,+12125552370,,en,2027-03-15,09:30\n"
    )
    assert preparing.clean(packet_id, "first_name, last_name, changes") == [
        ("Nan", "Null", None),
        ("Bob", None, ["last_name:placeholder"]),
    ]
    assert [(line, column, code) for line, column, code, _ in preparing.held(packet_id)] == [
        (2, "first_name", "required_empty")
    ]


def test_one_column_with_date_and_time(preparing):
    packet_id, result = preparing.cleaned(
        "first_name,phone,appointment\nAnn,+12125552368,2027-03-31 9:30\nBob,+12125552369,2027-03-31 26:00\nCid,+12125552370,nope\n"
    )
    assert preparing.clean(packet_id, "local_at") == [("2027-03-31 09:30",)]
    assert [(line, column, code) for line, column, code, _ in preparing.held(packet_id)] == [
        (3, "appointment", "impossible_time"),
        (4, "appointment", "unreadable_date"),
    ]
    assert result.rows_held == 2


def test_a_required_extra_column(database, tmp_path):
    preparing = Preparing(database, tmp_path, required=("first_name", "doctor"))
    packet_id, _ = preparing.cleaned("first_name,phone,Doctor\nAnn,+12125552368,Lee\nBob,+12125552369, \n")
    assert preparing.held(packet_id) == [(3, "Doctor", "required_empty", None)]


def test_a_required_time(database, tmp_path):
    preparing = Preparing(database, tmp_path, required=("contact_time",))
    packet_id, _ = preparing.cleaned(
        "first_name,phone,date,time\nAnn,+12125552368,2027-03-31,\nBob,+12125552369,2027-03-31,9:00\n"
    )
    assert preparing.held(packet_id) == [(2, "time", "required_empty", None)]


def test_a_second_run_gives_the_same(preparing):
    packet_id, first = preparing.cleaned(
        HEADER + "1,ANN,L,212-555-2368,,en,31/03/2027,9:30\n2,Bob,L,911,,en,03/04/2027,9:30\n"
    )
    before = (
        preparing.clean(packet_id, "row_no, first_name, phone, local_at, changes"),
        preparing.held(packet_id),
    )
    assert preparing.run(packet_id, "clean") == first
    assert (
        preparing.clean(packet_id, "row_no, first_name, phone, local_at, changes"),
        preparing.held(packet_id),
    ) == before


def test_rows_held_by_load_are_not_cleaned(preparing):
    packet_id, result = preparing.cleaned(HEADER + "1,Ann\n2,Bob,L,+12125552368,,en,2027-03-31,9:30\n")
    assert (result.rows_in, result.rows_out, result.rows_held) == (1, 1, 0)
    assert preparing.held(packet_id) == [(2, None, "too_few_cells", None)]


def test_two_clients_see_nothing_of_each_other(database, tmp_path):
    one, other = Preparing(database, tmp_path), Preparing(database, tmp_path)
    packet_id, _ = one.cleaned(HEADER + "1,Ann,L,+12125552368,,en,2027-03-31,9:30\n")
    other.cleaned(HEADER + "1,Ann,L,+12125552368,,en,2027-03-31,9:30\n")
    assert len(one.clean(packet_id)) == 1
    assert other.clean(packet_id) == []


CELL = st.one_of(
    st.sampled_from(
        [
            "Ann",
            "ANN",
            "+12125552368",
            "212 555 2369",
            "6E+8",
            "ann@example.com",
            "x",
            "2027-03-31",
            "31/03/2027",
            "9:30",
            "",
            " ",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0\r\n",'), max_size=8),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=8, max_size=8), min_size=1, max_size=12))
def test_every_row_is_clean_or_held_and_never_both(preparing, rows):
    packet_id, _ = preparing.cleaned(
        HEADER + "0,Zed,L,+12125550000,,en,2027-03-31,9:30\n" + "\n".join(",".join(row) for row in rows)
    )
    ((loaded, clean, held, both),) = preparing.rows(
        "select (select count(*) from data_packet_row where packet_id = :id), (select count(*) from clean_row where packet_id = :id),"
        " (select count(distinct row_no) from held_row where packet_id = :id),"
        " (select count(*) from clean_row join held_row using (packet_id, row_no) where packet_id = :id)",
        id=packet_id,
    )
    assert (clean + held, both) == (loaded, 0)
