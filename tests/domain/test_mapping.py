"""Load maps: proposed with reasons, stored as JSON, recognised by their header; missing columns stop a packet."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domain.mapping import LoadMap, drift, fingerprint, missing_fields, propose
from pipelines.language import say

HEADER = [
    "Patient ID",
    "First Name",
    "Surname",
    "Mobile",
    "Home phone",
    "E-mail",
    "Appt date",
    "Appt time",
    "Doctor",
]


def test_names_decide_and_other_columns_are_kept_for_templates():
    load_map, reasons = propose(HEADER, [])
    assert load_map.fields == {
        "external_id": "Patient ID",
        "first_name": "First Name",
        "last_name": "Surname",
        "phone": "Mobile",
        "email": "E-mail",
        "contact_date": "Appt date",
        "contact_time": "Appt time",
    }
    assert load_map.extras == {"home_phone": "Home phone", "doctor": "Doctor"}
    assert reasons["First Name"] == "first_name: the same name"
    assert reasons["Mobile"] == "phone: a known name for it"
    assert set(reasons) == set(HEADER)


def test_the_exact_name_wins_over_a_synonym():
    load_map, reasons = propose(["mobile", "phone"], [])
    assert load_map.fields == {"phone": "phone"}
    assert load_map.extras == {"mobile": "mobile"}
    assert reasons["mobile"] == "kept as mobile: phone is already the mobile number"


def test_values_decide_where_names_do_not():
    sample = [
        ["Ann", "(212) 555-0123", "ann@example.com", "2027-03-31 09:30"],
        ["Bob", "", "bob@example.com", "2027-04-01 10:00"],
    ]
    load_map, reasons = propose(["A", "B", "C", "D"], sample)
    assert load_map.fields == {"phone": "B", "email": "C", "contact_at": "D"}
    assert reasons["B"] == "phone: its values look like a phone number"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Birth date", "1980-03-31"),
        ("dob", "31/03/1980"),
        ("Fax", "+1 212 555 0123"),
        ("code", "12345"),
        ("zip", "70116"),
        ("amount", "12.50"),
    ],
)
def test_values_alone_never_make_these_a_field(column, value):
    load_map, reasons = propose(["phone", column], [["+12125552368", value]] * 5)
    assert load_map.fields["phone"] == "phone"
    assert "its values" not in reasons[column], "though a field that is added may know the name"


def test_too_few_matching_values_do_not_decide():
    load_map, _ = propose(["x"], [["ann@example.com"], ["none"], ["unknown"], ["bob@example.com"]])
    assert load_map.fields == {}


def test_extras_have_unique_names():
    load_map, _ = propose(["Phone", "Phone (2)", "phone 2", "Dr"], [])
    assert load_map.extras == {"phone_2": "Phone (2)", "phone_2_2": "phone 2", "dr": "Dr"}


def test_an_earlier_map_is_continued():
    earlier = LoadMap(
        {"phone": "Home phone", "email": "E-mail"}, formats={"contact_date": "DMY", "phone": "x"}, region="FR"
    )
    load_map, reasons = propose([*HEADER, "New"], [], earlier)
    assert load_map.fields["phone"] == "Home phone"
    assert load_map.extras["mobile"] == "Mobile"
    assert load_map.region == "FR"
    assert load_map.formats == {"contact_date": "DMY", "phone": "x"}
    assert reasons["Home phone"] == "phone: as before in this feed"


def test_a_map_survives_json():
    load_map = LoadMap(
        {"phone": "Mobile"}, {"doctor": "Doctor"}, {"contact_date": "DMY"}, "FR", "Europe/Paris", "fr"
    )
    assert LoadMap.from_json(json.loads(json.dumps(load_map.as_json()))) == load_map


def test_a_map_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version 99"):
        LoadMap.from_json(LoadMap({}).as_json() | {"version": 99})


@given(st.permutations(HEADER))
def test_the_fingerprint_ignores_order_and_spelling(header):
    assert fingerprint(header) == fingerprint([column.upper().replace(" ", "_") for column in HEADER])
    assert fingerprint(header[:-1]) != fingerprint(HEADER)


def test_positions_follow_the_header():
    load_map, _ = propose(HEADER, [])
    reordered = [*reversed(HEADER)]
    assert load_map.positions(reordered)["phone"] == reordered.index("Mobile") + 1
    assert load_map.extra_positions(reordered) == {"home_phone": 5, "doctor": 1}


def test_drift_is_reported_as_a_difference():
    load_map, _ = propose(HEADER, [])
    difference = drift(load_map, [*(column for column in HEADER if column != "Mobile"), "Cell", "Room"])
    assert (difference.missing, difference.added) == (("Mobile",), ("Cell", "Room"))
    assert (
        say(difference.sentence)
        == "The columns differ from last time (no longer there: Mobile; new: Cell and Room)."
    )
    assert not drift(load_map, [*reversed(HEADER)])
    assert drift(load_map, HEADER).sentence is None


def test_missing_fields_are_named_with_the_columns_of_the_file():
    load_map, _ = propose(["Name", "Phone"], [])
    sentence = missing_fields(load_map, ["first_name", "contact_date", "room"], ["Name", "Phone"])
    assert say(sentence).startswith(
        "The file has no column for: first name, date, and room. It has the columns Name and Phone."
    )


def test_a_file_without_any_address_cannot_be_used():
    load_map, _ = propose(["first_name"], [])
    said = say(missing_fields(load_map, ["first_name"], ["first_name"]))
    assert all(address in said for address in ("mobile number", "e-mail address", " or "))


@pytest.mark.parametrize("required", ["contact_date", "contact_at", "contact_time"])
def test_a_column_with_date_and_time_provides_both(required):
    load_map, _ = propose(["email", "Fecha y hora"], [])
    assert missing_fields(load_map, [required], []) is None


def test_an_extra_can_be_required():
    load_map, _ = propose(["email", "Doctor"], [])
    assert missing_fields(load_map, ["doctor"], []) is None
