"""A person is found, shown and erased in rows that were never cleaned: held, left without one address, or of a packet that stopped before."""

import pytest

from pipelines.actions.people.erase import erase_person, export_person
from pipelines.actions.people.verify_erasure import everything_left
from pipelines.errors import TryLater
from pipelines.store.files import Files
from tests.steps.preparing import Preparing

ZOE, MAIL = "+12025550143", "zoe@example.com"
HEADER = "first_name,phone,email,date,time,desk\n"
USABLE = "Zoe,202-555-0143,zoe@example.com,2027-03-31,09:30,+12025550100\n"
OTHERS = "Bo,202-555-0188,bo@example.com,2027-03-31,09:30,+12025550100\n"
HELD = {
    "duplicate": USABLE,
    "impossible date": "Zoe,(202) 555-0143,zoe@example.com,2027-02-30,09:30,\n",
    "time span": "Zoe,+1 202 555 0143,zoe@example.com,2027-03-31,10:00-11:30,\n",
    "no first name": ",202.555.0143,zoe@example.com,2027-03-31,09:30,\n",
    "two numbers": "Zoe,202-555-0143 / 202-555-0188,,2027-03-31,09:30,\n",
    "extension": "Zoe,202-555-0143 ext. 12,,2027-03-31,09:30,\n",
    "number left out": "Zoe,202-555-0143 or 202-555-0188,zo@example.com,2027-03-31,09:30,\n",
    "too many cells": "Zoe,Zoe,202-555-0143,zoe@example.com,2027-03-31,09:30,,\n",
}
PERSONAL = ("Zoe", "0143", "zoe@")


@pytest.fixture
def preparing(database, tmp_path):
    preparing = Preparing(database, tmp_path)
    preparing.client = preparing.business.client_id
    preparing.files = Files(preparing.settings)
    preparing.files.spool_folder()
    return preparing


def stop(preparing, packet_id):
    preparing.do("update data_packet set state = 'stopped' where id = :id", id=packet_id)


def erase(preparing, address=ZOE):
    return erase_person(preparing.engine, preparing.files, preparing.client, address)


def shown(preparing, address=ZOE):
    return export_person(preparing.engine, preparing.client, address)


def personal(preparing, packet_id):
    """Which personal values are left in the packet's rows."""
    rows = preparing.rows(
        "select cast(one as text) from data_packet_row as one where packet_id = :id union all"
        " select cast(one as text) from held_row as one where packet_id = :id union all"
        " select cast(one as text) from clean_row as one where packet_id = :id",
        id=packet_id,
    )
    return [value for value in PERSONAL if value in str(rows)]


def left(preparing, packet_id):
    return [(one.place, one.count) for one in everything_left(preparing.engine, preparing.files, packet_id)]


@pytest.mark.parametrize("row", HELD.values(), ids=HELD)
def test_a_row_without_its_typed_form_is_shown_and_erased(preparing, row):
    packet_id, _ = preparing.cleaned(HEADER + USABLE + OTHERS + row)
    stop(preparing, packet_id)
    [of_packet] = shown(preparing)["packets"]
    assert len(of_packet["rows"]) == 2
    assert of_packet["rows"][1]["cells"] == row.strip().split(",")
    done = erase(preparing)
    assert (done.packets, done.rows) == (1, 2)
    assert personal(preparing, packet_id) == []
    assert shown(preparing)["packets"] == []
    assert left(preparing, packet_id) == []
    [bo] = preparing.rows("select phone from clean_row where packet_id = :id", id=packet_id)
    assert bo == ("+12025550188",)


def test_a_person_with_nothing_but_held_rows_is_erased(preparing):
    packet_id, _ = preparing.cleaned(HEADER + OTHERS + HELD["impossible date"])
    stop(preparing, packet_id)
    assert erase(preparing, MAIL).rows == 1
    assert personal(preparing, packet_id) == []


@pytest.mark.parametrize("steps", [["load"], ["load", "map_fields"]])
def test_a_packet_that_stopped_before_cleaning_is_searched(preparing, steps):
    """Without a load map, any cell may be the address."""
    packet_id = preparing.packet(HEADER + OTHERS + "".join(HELD.values()))
    preparing.run(packet_id, *steps)
    with pytest.raises(TryLater):
        erase(preparing)
    stop(preparing, packet_id)
    assert len(shown(preparing)["packets"][0]["rows"]) == len(HELD)
    assert erase(preparing).rows == len(HELD)
    assert personal(preparing, packet_id) == []


def test_a_column_with_another_address_is_not_the_person(preparing):
    """Everybody has the same desk; whoever it belongs to must not be shown them."""
    packet_id, _ = preparing.cleaned(HEADER + USABLE * 2)
    stop(preparing, packet_id)
    assert shown(preparing, "+12025550100")["packets"] == []


def test_a_number_of_another_region_is_read_by_its_feed(database, tmp_path):
    preparing = Preparing(database, tmp_path, region="VN")
    row = "Zoe,090 123 45 67,zoe@example.com,30/02/2027,09:30,\n"
    packet_id, _ = preparing.cleaned(HEADER + "Bo,,bo@example.com,31/03/2027,09:30,\n" + row)
    stop(preparing, packet_id)
    [of_packet] = export_person(preparing.engine, preparing.business.client_id, "+84901234567")["packets"]
    assert len(of_packet["rows"]) == 1


def test_a_held_row_that_is_left_is_found(preparing):
    """As cleaning reads it: the plain form of the number stands nowhere."""
    packet_id, _ = preparing.cleaned(HEADER + USABLE + OTHERS + HELD["impossible date"])
    stop(preparing, packet_id)
    before = preparing.rows(
        "select cells from data_packet_row where packet_id = :id and row_no = 3", id=packet_id
    )
    erase(preparing)
    cells = [*before[0][0][:2], "", *before[0][0][3:]]
    preparing.do(
        "update data_packet_row set cells = :cells where packet_id = :id and row_no = 3",
        cells=cells,
        id=packet_id,
    )
    assert left(preparing, packet_id) == [("data_packet_row.cells", 1)]
    erase(preparing)
    assert left(preparing, packet_id) == []


def test_few_rows_are_in_memory(preparing, monkeypatch):
    """What is found is the same, however few."""
    monkeypatch.setattr("pipelines.actions.people.unread_rows._BATCH", 1)
    monkeypatch.setattr("pipelines.actions.people.verify_erasure._BATCH", 1)
    packet_id, _ = preparing.cleaned(HEADER + USABLE + OTHERS + HELD["duplicate"] * 3)
    stop(preparing, packet_id)
    assert erase(preparing).rows == 4
    assert left(preparing, packet_id) == []


def test_an_address_that_somebody_else_in_the_packet_has_is_not_left(preparing):
    """Two of a family have one e-mail address; then the second is erased as well, by that address."""
    packet_id, _ = preparing.cleaned(HEADER + USABLE + OTHERS.replace("bo@", "ZOE@"))
    stop(preparing, packet_id)
    assert erase(preparing).rows == 1
    assert left(preparing, packet_id) == []
    assert erase(preparing, MAIL).rows == 1
    assert left(preparing, packet_id) == []
    sabotage = "update data_packet_row set cells = '{zoe@example.com}' where packet_id = :id and row_no = 2"
    preparing.do(sabotage, id=packet_id)
    assert left(preparing, packet_id) == [("data_packet_row.cells", 1)]
