"""Delimiter and header of a text file."""

import pytest

from pipelines.errors import PacketRefused
from pipelines.reading.dialect import header_names, recognise
from tests.reading.reading import read


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_usual_delimiters(tmp_path, delimiter):
    lines = [["name", "phone", "note"], ["Lee; Ann", "1", "a, b, c"], ["Bob", "2", "x|y"]]
    content = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    opened, rows = read(tmp_path, content)
    assert opened.dialect["delimiter"] == delimiter
    assert [cells for _, cells, _ in rows] == lines[1:]


def test_decimal_commas_do_not_hide_a_semicolon():
    assert recognise(["name;price\n", *["Ann;1,5\n"] * 50]).delimiter == ";"


def test_a_file_with_one_column(tmp_path):
    opened, rows = read(tmp_path, "phone\n+12125550123\n\n+12125550124\n")
    assert opened.header == ["phone"]
    assert [line_no for line_no, _, _ in rows] == [2, 4]


def test_excels_sep_line(tmp_path):
    opened, rows = read(tmp_path, "sep=;\nname;phone\nAnn;1\n")
    assert (opened.header, opened.dialect["delimiter"]) == (["name", "phone"], ";")
    assert rows == [(3, ["Ann", "1"], None)]


def test_a_header_over_two_lines(tmp_path):
    opened, rows = read(tmp_path, 'name,"phone\nmobile"\nAnn,1\n')
    assert opened.header == ["name", "phone mobile"]
    assert rows == [(3, ["Ann", "1"], None)]


def test_a_header_with_one_name_too_few_loses_no_rows(tmp_path):
    opened, rows = read(tmp_path, "name,phone\n" + "Ann,1,x\n" * 3)
    assert opened.header == ["name", "phone"]
    assert {code for _, _, code in rows} == {"too_many_cells"}


def test_names_are_tidy_and_unique():
    assert header_names(["\ufeffE-mail ", "phone", "Phone", "", "a\n b"]) == [
        "E-mail",
        "phone",
        "Phone (2)",
        "column 4",
        "a b",
    ]


@pytest.mark.parametrize(
    "cell", ["ann@example.com", "+1 212 555 0123", "06 12 34 56 78", "2027-03-31", "31/03/2027 10:00"]
)
def test_a_row_of_data_is_not_a_header(cell):
    with pytest.raises(PacketRefused, match="first row"):
        header_names(["Ann", cell])


def test_columns_named_with_numbers_are_a_header():
    assert header_names(["phone 1", "2027", "note"]) == ["phone 1", "2027", "note"]


@pytest.mark.parametrize("columns", [513, 100_000])
def test_too_many_columns(tmp_path, columns):
    """Also when the header is longer than the sample."""
    with pytest.raises(PacketRefused, match="more than 512 columns") as refused:
        read(tmp_path, ",".join(f"c{number}" for number in range(columns)) + "\n1\n")
    assert refused.value.code == "too_many_columns"


def test_an_endless_first_line_is_refused(tmp_path):
    with pytest.raises(PacketRefused, match="first line is longer than 256 kB") as refused:
        read(tmp_path, "name,note" + "x" * 300_000 + "\nAnn,1\n")
    assert refused.value.code == "first_line_too_long"


def test_an_undecodable_column_name_is_refused(tmp_path):
    with pytest.raises(PacketRefused, match="name of column 2 contains bytes") as refused:
        read(tmp_path, b"name,Stra\xdfe\n" + "Zoë,x\n".encode() * 9)
    assert refused.value.code == "undecodable_header"
