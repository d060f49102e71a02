"""Files that are not text are recognised by their first bytes, whatever their name; text that begins alike is read."""

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile

import pytest

from pipelines.errors import PacketRefused
from tests.reading.reading import read

TABLE = b"first_name,phone\n" + b"Ann,+12125550100\n" * 40


def tarred():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("people.csv")
        member.size = len(TABLE)
        archive.addfile(member, io.BytesIO(TABLE))
    return stream.getvalue()


def database(folder):
    path = folder / "people.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table people (name text)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(TABLE), "gzip"),
        (bz2.compress(TABLE), "bzip2"),
        (bz2.compress(b""), "bzip2"),
        (lzma.compress(TABLE), "xz"),
        (lzma.compress(TABLE, format=lzma.FORMAT_ALONE), "LZMA"),
        (b"\x28\xb5\x2f\xfd\x24\x0bY\x00\x00name,phone\nAnn,1\n", "Zstandard"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04name,phone\nAnn,1\n", "7-Zip"),
        (b"Rar!\x1a\x07\x01\x00name,phone\nAnn,1\n", "RAR"),
        (b"\x04\x22\x4d\x18name,phone\nAnn,1\n", "LZ4"),
        (tarred(), "tar"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_compressed_files(tmp_path, content, name):
    with pytest.raises(PacketRefused, match=f"compressed file \\({name}\\). Unpack it") as refused:
        read(tmp_path, content)
    assert refused.value.code == "compressed_file"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\nname,phone\nAnn,1\n", "PDF"),
        (b"{\\rtf1\\ansi name,phone\nAnn,1}\n", "RTF"),
        (b"\xff\xd8\xff\xe0name,phone\nAnn,1\n", "JPEG"),
        (b"\x89PNG\r\n\x1a\nname,phone\nAnn,1\n", "PNG"),
        (b"RIFF\x10\0\0\0WEBPname,phone\n", "WebP"),
        (b"PAR1\x15\x04name,phone\nAnn,1\nPAR1", "Parquet"),
        (b"Obj\x01\x04\x16name,phone\nAnn,1\n", "Avro"),
        (b"\0\0\0\x18ftypheic name,phone\nAnn,1\n", "picture"),
        (b"-----BEGIN PGP MESSAGE-----\n\nname,phone\n", "PGP"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_documents_pictures_and_databases(tmp_path, content, name):
    with pytest.raises(PacketRefused, match=name) as refused:
        read(tmp_path, content)
    assert refused.value.code == "unknown_kind"


def test_a_database(tmp_path):
    with pytest.raises(PacketRefused, match="SQLite"):
        read(tmp_path, database(tmp_path))


@pytest.mark.parametrize(
    "first", ["BMW", "BZh9", "PAR1", "MZ", "ID3", "ORC", "II*", "Rar!", "7z", "PK", "Obj", "LZIP"]
)
def test_a_column_name_may_begin_like_a_signature(tmp_path, first):
    opened, rows = read(tmp_path, f"{first},phone\nAnn,1\n")
    assert opened.header == [first, "phone"]
    assert len(rows) == 1


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16"])
def test_wide_characters_with_their_mark_are_read(tmp_path, encoding):
    opened, rows = read(tmp_path, "name,phone\nZoë 😀,1\n太郎,2\n".encode(encoding))
    assert (opened.header, opened.dialect["encoding"]) == (["name", "phone"], encoding)
    assert [cells[0] for _, cells, _ in rows] == ["Zoë 😀", "太郎"]


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_wide_characters_without_a_mark_are_refused(tmp_path, encoding):
    with pytest.raises(PacketRefused, match="UTF-16 or UTF-32 without its byte order mark"):
        read(tmp_path, "name,phone\nZoë,1\n".encode(encoding))


def test_the_mark_of_utf32_be(tmp_path):
    _, rows = read(tmp_path, b"\0\0\xfe\xff" + "name,phone\nZoë,1\n".encode("utf-32-be"))
    assert rows == [(2, ["Zoë", "1"], None)]


def test_seven_bit_encodings_of_old_mail_are_refused(tmp_path):
    with pytest.raises(PacketRefused, match="ISO-2022"):
        read(tmp_path, "name,phone\n太郎,1\n".encode("iso2022_jp"))
