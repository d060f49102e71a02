"""Malicious workbooks are refused before they are opened."""

import struct
import zipfile

import pytest

from pipelines.errors import PacketRefused
from pipelines.reading import xlsx_guard
from pipelines.reading.xlsx_guard import inspect
from pipelines.reading.xlsx_sheet import column_number
from tests.reading import workbooks
from tests.reading.workbooks import cell, row, text_rows

PEOPLE = text_rows([["name", "phone"], ["Ann", "1"]])


def refused(path):
    with pytest.raises(PacketRefused) as refusal:
        inspect(path)
    return refusal.value.code


def test_an_ordinary_workbook_passes(tmp_path):
    facts = inspect(workbooks.write(tmp_path / "x", {"A & B": PEOPLE}))
    assert list(facts) == ["A & B"]


@pytest.mark.parametrize(("letters", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16_383)])
def test_columns_are_counted(letters, number):
    assert column_number(letters) == number


def test_a_zip_bomb(tmp_path):
    path = workbooks.write(tmp_path / "x", {"A": PEOPLE}, extra={"xl/bomb.xml": b"0" * (60 << 20)})
    assert path.stat().st_size < 1 << 20
    assert refused(path) == "workbook_too_large"


def test_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_guard, "MEMBER_LIMIT", 10)
    path = workbooks.write(
        tmp_path / "x", {"A": PEOPLE}, extra={f"xl/m{number}.xml": b"" for number in range(10)}
    )
    assert refused(path) == "workbook_too_large"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "xl\\..\\x"])
def test_a_member_name_outside_the_archive(tmp_path, name):
    assert refused(workbooks.write(tmp_path / "x", {"A": PEOPLE}, extra={name: b""})) == "suspicious_workbook"


def test_a_duplicate_member_name(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = workbooks.write(tmp_path / "x", {"A": PEOPLE}, extra={"xl/styles.xml": b""})
    assert refused(path) == "suspicious_workbook"


def test_a_sheet_under_two_names(tmp_path):
    path = workbooks.write(tmp_path / "x", {"A": PEOPLE, "B": PEOPLE})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b"worksheets/sheet2.xml", b"worksheets/Sheet1.xml"))
    assert refused(path) == "sheet_listed_twice"


def test_entities(tmp_path):
    laughs = b'<!DOCTYPE lolz [<!ENTITY lol "lol">]><x>&lol;</x>'
    assert (
        refused(workbooks.write(tmp_path / "x", {"A": PEOPLE}, extra={"xl/sharedStrings.xml": laughs}))
        == "suspicious_xml"
    )


def test_a_wrong_size_in_the_directory(tmp_path):
    path = workbooks.write(tmp_path / "x", {"A": PEOPLE}, extra={"xl/media.bin": b"0" * 100_000})
    content = bytearray(path.read_bytes())
    offset = content.rfind(b"xl/media.bin") - 46 + 24  # the size in the central directory's entry
    assert struct.unpack_from("<I", content, offset)[0] == 100_000
    struct.pack_into("<I", content, offset, 10)
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("xl/media.bin").file_size == 10
    assert refused(path) == "damaged_workbook"


def test_a_truncated_file(tmp_path):
    path = workbooks.write(tmp_path / "x", {"A": PEOPLE})
    path.write_bytes(path.read_bytes()[:-300])
    assert refused(path) == "damaged_workbook"


def test_one_distant_cell_makes_a_sheet_too_large(tmp_path):
    far = PEOPLE + row(1_048_576, cell("ZZ1048576", "x"))
    assert refused(workbooks.write(tmp_path / "x", {"A": far})) == "sheet_too_wide"
    low = PEOPLE + row(1_048_576, cell("AZ1048576", "x"))
    assert refused(workbooks.write(tmp_path / "y", {"A": low})) == "sheet_too_large"


def test_formats_without_values_do_not_count(tmp_path):
    styled = PEOPLE + row(1_048_576, '<c r="XFD1048576" s="1"/>')
    (facts,) = inspect(workbooks.write(tmp_path / "x", {"A": styled})).values()
    assert (facts.last_row, facts.last_column) == (2, 1)
