"""The kind of a file by its content; anything but a table is refused with a sentence that says what to do."""

import codecs
import gzip
import hashlib
import random
import zipfile

import pytest

from pipelines.errors import PacketRefused
from pipelines.reading import Hints
from tests.reading.reading import file_of, read, rows_of

TABLE = "name,phone\nAnn,0123456\n"
RANDOM = random.Random(7).randbytes(4_000)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\t\n  ", "only_blank_lines"),
        (codecs.BOM_UTF8, "only_blank_lines"),
        (b",,\n,,\n", "blank_file"),
        (b"name,phone\n", "no_rows"),
        (b"name,phone\n,\n\n", "no_rows"),
        (b"PK\x03\x04 and then nothing of a zip", "damaged_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        (gzip.compress(TABLE.encode(), mtime=0), "compressed_file"),
        (b"%PDF-1.7\n%stuff", "unknown_kind"),
        (b"\xff\xd8\xff\xe0" + RANDOM, "unknown_kind"),
        (b"\x7fELF" + RANDOM, "unknown_kind"),
        (RANDOM, "not_a_text_file"),
        (b"<html><body><table><tr><td>name</td></tr></table>", "html_table"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?><Workbook/>', "html_table"),
        (b'[{"name": "Ann"}]', "unknown_kind"),
        (TABLE.encode("utf-16-le"), "utf16_without_mark"),
        (b"Ann,0123456789\nBob,0123456788\n", "missing_header"),
        (b"ann@example.com,Ann\n", "missing_header"),
        (b"1,2,3\n4,5,6\n", "missing_header"),
        (b",".join(b"c%d" % number for number in range(600)) + b"\n1" + b"," * 599, "too_many_columns"),
    ],
)
def test_a_file_without_a_table_is_refused(tmp_path, content, code):
    with pytest.raises(PacketRefused) as refusal:
        read(tmp_path, content)
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")
    assert "Ann" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        ("name,x\nZoé,1\n".encode(), "utf-8", "Zoé"),
        ("name,x\nZoé,1\n".encode("utf-8-sig"), "utf-8", "Zoé"),
        ("name,x\nZoé,1\n".encode("utf-16"), "utf-16", "Zoé"),
        (codecs.BOM_UTF16_BE + "name,x\nZoé 😀,1\n".encode("utf-16-be"), "utf-16", "Zoé 😀"),
        ("name,x\nZoé 5€ Cœur,1\n".encode("cp1252"), "cp1252", "Zoé 5€ Cœur"),
        (b"name,x\n" + b"Ann,1\n" * 300_000 + "Zoé,1\n".encode("cp1252"), "cp1252", "Zoé"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 le", "utf-16 be", "windows", "windows, seen late"],
)
def test_encodings(tmp_path, content, encoding, name):
    opened, rows = read(tmp_path, content)
    assert opened.dialect["encoding"] == encoding
    assert opened.header == ["name", "x"]
    assert rows[-1][1] == [name, "1"]


def test_the_stated_encoding_is_used_if_nothing_else_decides(tmp_path):
    _, rows = read(tmp_path, "name,x\nŁukasz,1\n".encode("cp1250"), hints=Hints("cp1250"))
    assert rows[0][1][0] == "Łukasz"


def test_a_few_invalid_bytes_do_not_make_a_utf8_file_windows(tmp_path):
    opened, rows = read(tmp_path, b"name,x\n" + "Zoé,1\n".encode() * 50 + b"Zo\xe9,1\n")
    assert opened.dialect["encoding"] == "utf-8"
    assert [code for _, _, code in rows if code] == ["undecodable"]


def test_a_byte_that_windows_1252_does_not_have_is_held(tmp_path):
    _, rows = read(
        tmp_path, b"name,x\n" + b"".join(b"Zo\xe9%d,1\n" % number for number in range(60)) + b"B\x81b,2\n"
    )
    assert [code for _, _, code in rows] == [None] * 60 + ["undecodable"]


def test_digest_and_size_are_of_the_whole_file(tmp_path):
    content = b"name,x\n" + b"Ann,1\n" * 400_000
    opened, _ = read(tmp_path, content)
    assert opened.sha256 == hashlib.sha256(content).hexdigest()
    assert opened.bytes == len(content)


def test_archives_and_other_office_files(tmp_path):
    for members, code in [
        ({"people.csv": TABLE}, "compressed_file"),
        (
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"},
            "unknown_kind",
        ),
        ({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>", "xl/vbaProject.bin": "x"}, "macros"),
    ]:
        path = tmp_path / "people.csv"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        with pytest.raises(PacketRefused) as refusal:
            rows_of(path)
        assert refusal.value.code == code


def test_more_rows_than_allowed_are_refused_while_reading(tmp_path):
    path = file_of(tmp_path, "name,x\n" + "Ann,1\n" * 11)
    assert len(rows_of(path, max_rows=11)[1]) == 11
    with pytest.raises(PacketRefused, match="more than 10 rows"):
        rows_of(path, max_rows=10)
