"""Load: every row of the file goes into the database verbatim; unusable ones are held."""

import pytest

from pipelines.errors import PacketRefused, StepFailed
from pipelines.reading import csv_rows
from pipelines.steps.journal import StepResult
from tests.reading import workbooks
from tests.steps.preparing import Preparing

PEOPLE = 'first_name,phone,note\nAnn,0123," x\ny "\nBob\\t,,é\n'


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


def loaded(preparing, packet_id):
    return preparing.rows(
        "select row_no, line_no, cells from data_packet_row where packet_id = :id order by row_no",
        id=packet_id,
    )


def test_cells_are_kept_verbatim_with_their_lines(preparing):
    packet_id = preparing.packet(PEOPLE)
    assert preparing.run(packet_id, "load") == StepResult(2, 2, 0, bytes=len(PEOPLE.encode()))
    assert loaded(preparing, packet_id) == [(1, 2, ["Ann", "0123", " x\ny "]), (2, 4, ["Bob\\t", "", "é"])]
    assert preparing.rows("select header, dialect from data_packet where id = :id", id=packet_id) == [
        (["first_name", "phone", "note"], {"kind": "csv", "encoding": "utf-8", "delimiter": ","})
    ]


def test_an_unusable_row_is_stored_and_held(preparing):
    packet_id = preparing.packet(b"first_name,phone\nAnn,1\nBob\nC\x00d,2\nDan,4\n")
    assert preparing.run(packet_id, "load").rows_held == 2
    assert [row[2] for row in loaded(preparing, packet_id)] == [
        ["Ann", "1"],
        ["Bob"],
        ["C\N{SYMBOL FOR NULL}d", "2"],
        ["Dan", "4"],
    ]
    assert preparing.held(packet_id) == [
        (3, None, "too_few_cells", None),
        (4, "first_name", "nul_byte", "C\N{SYMBOL FOR NULL}d"),
    ]


def test_rows_with_separators_of_their_own(preparing):
    packet_id = preparing.packet("a,b\nx\x1fy,1\nz\x1e,2\n\ue000,3\n")
    preparing.run(packet_id, "load")
    assert [row[2] for row in loaded(preparing, packet_id)] == [
        ["x\x1fy", "1"],
        ["z\x1e", "2"],
        ["\ue000", "3"],
    ]


def test_a_workbook_in_windows_and_other_encodings(preparing, tmp_path):
    book = workbooks.write(
        tmp_path / "book", {"S": workbooks.text_rows([["name", "phone"], ["Zoé", 33612345678]])}
    )
    for content in (
        book.read_bytes(),
        "name;phone\nZoé;33612345678\n".encode("cp1252"),
        "name\tphone\nZoé\t33612345678\n".encode("utf-16"),
    ):
        packet_id = preparing.packet(content)
        preparing.run(packet_id, "load")
        assert loaded(preparing, packet_id) == [(1, 2, ["Zoé", "33612345678"])]


def test_the_feeds_encoding_is_used(preparing):
    preparing.do("""update feed set settings = '{"encoding": "cp1250"}'""")
    packet_id = preparing.packet("name,x\nŁukasz,1\n".encode("cp1250"))
    preparing.run(packet_id, "load")
    assert loaded(preparing, packet_id)[0][2] == ["Łukasz", "1"]


def test_many_blocks_number_their_rows_on(preparing, monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK", 100)
    lines = [f"Name {number},{number}" for number in range(1, 201)]
    lines[50] = 'Quoted,"51"'
    lines[60] = "ragged"
    packet_id = preparing.packet("name,n\n" + "\n".join(lines))
    assert preparing.run(packet_id, "load").rows_held == 1
    assert [(row, line) for row, line, _ in loaded(preparing, packet_id)] == [
        (number, number + 1) for number in range(1, 201)
    ]


def test_a_second_run_replaces_the_first(preparing):
    packet_id = preparing.packet(b"a,b\n1x,2\nragged\n")
    first = preparing.run(packet_id, "load")
    assert preparing.run(packet_id, "load") == first
    assert len(loaded(preparing, packet_id)) == 2
    assert len(preparing.held(packet_id)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"name,phone\n", "no_rows"), (b"ann@example.com,x\n", "missing_header")],
)
def test_a_refused_file_leaves_nothing(preparing, content, code):
    packet_id = preparing.packet(content)
    with pytest.raises(PacketRefused) as refusal:
        preparing.run(packet_id, "load")
    assert refusal.value.code == code
    assert loaded(preparing, packet_id) == []
    assert preparing.rows("select state, problem_code from data_packet where id = :id", id=packet_id) == [
        ("stopped", code)
    ]


def test_too_many_rows_are_found_late_and_leave_nothing(preparing):
    preparing.settings.upload_max_rows = 2
    packet_id = preparing.packet("name\n" + "Ann\n" * 3)
    with pytest.raises(PacketRefused):
        preparing.run(packet_id, "load")
    assert loaded(preparing, packet_id) == []


def test_another_file_in_the_place_of_the_received_one(preparing):
    packet_id = preparing.packet(PEOPLE)
    (stored,) = preparing.settings.files_dir.iterdir()
    stored.write_text(PEOPLE.replace("Ann", "Eve"))
    with pytest.raises(StepFailed) as failure:
        preparing.run(packet_id, "load")
    assert failure.value.code == "file_changed"
    stored.unlink()
    with pytest.raises(StepFailed, match="no longer stored"):
        preparing.run(packet_id, "load")
