"""Workbooks: cells become text; hidden rows and sheets are not sent."""

import re
import zipfile
from datetime import date, datetime, time, timedelta

import pytest

from pipelines.errors import PacketRefused
from pipelines.reading.xlsx_rows import as_text
from tests.reading import workbooks
from tests.reading.reading import rows_of
from tests.reading.workbooks import cell, row, text_rows

DAY = date(2027, 3, 31)
PEOPLE = text_rows([["name", "phone"], ["Ann", "1"], ["Bob", "2"]])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "people.csv"  # the name does not matter


def test_rows_with_their_lines(path):
    opened, rows = rows_of(workbooks.write(path, {"People": PEOPLE}))
    assert opened.header == ["name", "phone"]
    assert opened.dialect == {"kind": "xlsx", "sheet": "People"}
    assert rows == [(2, ["Ann", "1"], None), (3, ["Bob", "2"], None)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (33612345678.0, "33612345678"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (-5.0, "-5"),
        (True, "TRUE"),
        (DAY, "2027-03-31"),
        (datetime.combine(DAY, time(9, 29, 59, 999_990)), "2027-03-31 09:30"),
        (datetime.combine(DAY, time(9, 30, 5)), "2027-03-31 09:30:05"),
        (time(9, 29, 59, 999_999), "09:30"),
        (timedelta(hours=36, minutes=5), "36:05"),
        ("00123", "00123"),
    ],
)
def test_cells_become_text_without_loss(value, text):
    assert as_text(value) == text


def test_numbers_dates_and_times_of_a_real_sheet(path):
    header = row(
        1,
        "".join(
            cell(f"{letter}1", name) for letter, name in zip("ABC", ["phone", "day", "hour"], strict=True)
        ),
    )
    person = row(
        2,
        cell("A2", 33612345678) + cell("B2", 46112, workbooks.DATE) + cell("C2", 0.395833333, workbooks.TIME),
    )
    _, rows = rows_of(workbooks.write(path, {"S": header + person}))
    assert rows == [(2, ["33612345678", "2026-03-31", "09:30"], None)]


def test_titles_above_a_table_with_an_offset(path):
    sheet = (
        row(2, cell("B2", "Week 14"))
        + row(4, cell("B4", "name") + cell("C4", "phone"))
        + row(6, cell("B6", "Ann") + cell("C6", 1))
    )
    opened, rows = rows_of(workbooks.write(path, {"S": sheet}))
    assert opened.header == ["name", "phone"]
    assert [(line_no, code) for line_no, _, code in rows] == [(2, "above_header"), (6, None)]


def test_hidden_rows_and_error_cells_are_held(path):
    sheet = (
        text_rows([["name", "phone"], ["Ann", 1]])
        + row(3, cell("A3", "Bob") + cell("B3", 2), 'hidden="1"')
        + row(4, cell("A4", "Cid") + cell("B4", "#N/A"))
        + row(5, cell("A5", "Dan") + cell("B5", 4) + cell("C5", "beyond"))
    )
    _, rows = rows_of(workbooks.write(path, {"S": sheet}))
    assert [(line_no, code) for line_no, _, code in rows] == [
        (2, None),
        (3, "hidden_row"),
        (4, "error_cell"),
        (5, "cells_beyond_header"),
    ]


def test_rows_and_cells_without_numbers_are_numbered_by_their_order(path):
    """Both numbers are optional (ECMA-376, 18.3.1.4 and 18.3.1.73), and programs other than Excel omit them."""

    def line(first, second, attributes=""):
        return (
            f"<row {attributes}>" + re.sub(r' r="A1"', "", cell("A1", first) + cell("A1", second)) + "</row>"
        )

    sheet = (
        line("name", "phone")
        + line("Ann", 1)
        + line("Bob", 2, 'hidden="1"')
        + line("Cid", "#N/A")
        + line("Dan", 4, 'r="9"')
        + line("Eve", 5, 'hidden="true"')
        + line("Fay", 6)
    )
    _, rows = rows_of(workbooks.write(path, {"S": sheet}))
    assert [(line_no, cells[0], code) for line_no, cells, code in rows] == [
        (2, "Ann", None),
        (3, "Bob", "hidden_row"),
        (4, "Cid", "error_cell"),
        (9, "Dan", None),
        (10, "Eve", "hidden_row"),
        (11, "Fay", None),
    ]


def test_hidden_rows_are_found_in_any_folder_of_the_archive(path):
    """A link names the member of a sheet, not its folder."""
    hidden = text_rows([["name", "phone"], ["Ann", "1"]]) + row(3, cell("A3", "Bob"), 'hidden="1"')
    workbooks.write(path, {"S": hidden})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(
                name.replace("worksheets/", "elsewhere/"), content.replace(b"worksheets/", b"elsewhere/")
            )
    _, rows = rows_of(path)
    assert [code for _, _, code in rows] == [None, "hidden_row"]


def test_a_row_of_millions_of_characters_is_held(path):
    strings = b"<sst><si><t>" + b"x" * 32_000 + b"</t></si></sst>"
    wide = "".join(f'<row r="{number}">' + '<c t="s"><v>0</v></c>' * 200 + "</row>" for number in (2, 3))
    heads = (
        "<row>" + "".join(f"<c t='inlineStr'><is><t>h{place}</t></is></c>" for place in range(200)) + "</row>"
    )
    book = workbooks.write(path, {"S": heads + wide}, extra={"xl/sharedStrings.xml": strings})
    _, rows = rows_of(book)
    assert [(line_no, len(cells), code) for line_no, cells, code in rows] == [
        (2, 200, "row_too_long"),
        (3, 200, "row_too_long"),
    ]
    assert sum(len(cell) for _, cells, _ in rows for cell in cells) <= 2 * 32 * 1024


def test_a_hidden_sheet_is_not_read(path):
    sheets = {"Old": text_rows([["name", "phone"], ["Zed", 9]]), "New": PEOPLE}
    _, rows = rows_of(workbooks.write(path, sheets, states={"Old": "hidden"}))
    assert [cells[0] for _, cells, _ in rows] == ["Ann", "Bob"]


def test_several_filled_sheets_are_refused(path):
    with pytest.raises(PacketRefused) as refusal:
        rows_of(workbooks.write(path, {"A": PEOPLE, "B": PEOPLE, "Empty": ""}))
    assert refusal.value.code == "several_sheets"


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ("", "no_filled_sheet"),
        (text_rows([["name", "phone"]]), "no_rows"),
        (text_rows([["Ann", "ann@example.com"], ["B", "c"]]), "missing_header"),
    ],
)
def test_a_sheet_without_rows_or_names(path, sheet, code):
    with pytest.raises(PacketRefused) as refusal:
        rows_of(workbooks.write(path, {"S": sheet}))
    assert refusal.value.code == code


def test_a_unit_separator_and_a_long_cell_in_a_workbook(path):
    _, rows = rows_of(
        workbooks.write(path, {"S": text_rows([["name", "note"], ["Ann", "y" * 40_000], ["Bob", "x"]])})
    )
    assert [code for _, _, code in rows] == ["cell_too_long", None]
