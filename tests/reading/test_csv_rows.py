"""Rows of text files: each physical row is read exactly once, usable or held, whatever the file contains."""

import csv
import io
import itertools
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reading import csv_rows, open_rows
from pipelines.reading.rows import CELL_LIMIT
from tests.reading.reading import file_of, read, rows_of

HEADER = "name,phone,note\n"


def codes(rows):
    return [(line_no, code) for line_no, _, code in rows]


def test_plain_rows_keep_their_cells_and_lines(tmp_path):
    opened, rows = read(tmp_path, HEADER + "Ann,0123,x\n\nBob,,\n")
    assert opened.header == ["name", "phone", "note"]
    assert rows == [(2, ["Ann", "0123", "x"], None), (4, ["Bob", "", ""], None)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(tmp_path, end):
    _, rows = read(tmp_path, end.join(["name,phone,note", "Ann,1,x", "Bob,2,y"]))
    assert rows == [(2, ["Ann", "1", "x"], None), (3, ["Bob", "2", "y"], None)]


def test_mixed_line_ends(tmp_path):
    _, rows = read(tmp_path, "name,phone\r\nAnn,1\nBob,2\rCid,3\r\n")
    assert [cells[0] for _, cells, _ in rows] == ["Ann", "Bob", "Cid"]


def test_a_line_break_in_quotes_is_kept_and_line_numbers_stay_physical(tmp_path):
    _, rows = read(tmp_path, HEADER + 'Ann,1,"first\r\nsecond"\nBob,2,"say ""hi"""\n')
    assert rows == [(2, ["Ann", "1", "first\r\nsecond"], None), (4, ["Bob", "2", 'say "hi"'], None)]


def test_a_line_break_in_quotes_is_kept_in_a_single_column(tmp_path):
    _, rows = read(tmp_path, 'name\n"Ada\nStone"\nBo\n')
    assert rows == [(2, ["Ada\nStone"], None), (4, ["Bo"], None)]


def test_a_stray_quote_inside_a_cell_is_a_character(tmp_path):
    _, rows = read(tmp_path, HEADER + 'Ann "Annie" Lee,1,5" pipe\n')
    assert rows == [(2, ['Ann "Annie" Lee', "1", '5" pipe'], None)]


def test_rows_of_another_width_are_held_and_never_shifted(tmp_path):
    _, rows = read(tmp_path, HEADER + "Ann,1,x\nBob,2\nCid,3,y,z\nDan,4,w\n")
    assert codes(rows) == [(2, None), (3, "too_few_cells"), (4, "too_many_cells"), (5, None)]
    assert rows[2][1] == ["Cid", "3", "y", "z"]


@pytest.mark.parametrize("at", [0, 5, 9])
def test_an_unclosed_quote_spoils_only_its_own_line(tmp_path, at):
    lines = [f"Name {number},{number},x\n" for number in range(10)]
    lines[at] = 'Ann,1,"never closed\n'
    _, rows = read(tmp_path, HEADER + "".join(lines))
    assert codes(rows) == [
        (line_no, "unclosed_quote" if line_no == at + 2 else None) for line_no in range(2, 12)
    ]


def test_an_unclosed_quote_that_meets_another_far_below_swallows_no_rows(tmp_path):
    lines = ['"Ann,1,x\n', *(f"Name {number},{number},x\n" for number in range(500)), '"Lee, Bob",2,y\n']
    _, rows = read(tmp_path, HEADER + "".join(lines))
    assert len(rows) == 502
    assert [code for _, _, code in rows if code] == ["unclosed_quote"]
    assert rows[-1] == (503, ["Lee, Bob", "2", "y"], None)


def test_an_unclosed_quote_swallows_no_rows_even_if_the_width_fits(tmp_path):
    _, rows = read(tmp_path, HEADER + 'Ann,1,"oops\nBob,2,x\nCid,3,y"\nDan,4,z\n')
    assert (3, ["Bob", "2", "x"], None) in rows
    assert codes(rows)[0] == (2, "unclosed_quote")
    assert codes(rows)[-1] == (5, None)


def test_nul_bytes_and_invalid_bytes_are_held_with_their_column(tmp_path):
    good = "é,1,ü\n" * 20
    content = (HEADER + good).encode() + b"Bob,\x00,x\nCid,3,\xff\xfe\n"
    with open_rows(file_of(tmp_path, content)) as opened:
        problems = [problem for batch in opened.batches for problem in batch.problems]
    assert opened.dialect["encoding"] == "utf-8"
    assert [(problem.code, problem.column) for problem in problems] == [
        ("nul_byte", "phone"),
        ("undecodable", "note"),
    ]
    rows = read(tmp_path, content)[1]
    assert rows[-2][1] == ["Bob", "\N{SYMBOL FOR NULL}", "x"]
    assert rows[-1][1] == ["Cid", "3", "\ufffd\ufffd"]
    assert len(rows) == 22


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", " #NULL! ", "#VALEUR!", "#¡VALOR!", "#NV"]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_error_values_of_spreadsheets_hold_their_row(tmp_path, error, quote):
    content = HEADER + f"Ann,1,x\n{quote}{error}{quote},2,y\nCid,3,z\n"
    with open_rows(file_of(tmp_path, content)) as opened:
        problems = [problem for batch in opened.batches for problem in batch.problems]
    assert [(problem.code, problem.column, problem.value) for problem in problems] == [
        ("error_cell", "name", error)
    ]
    assert codes(read(tmp_path, content)[1]) == [(2, None), (3, "error_cell"), (4, None)]


def test_a_number_sign_is_not_an_error(tmp_path):
    _, rows = read(tmp_path, HEADER + "Ann,1,Apt #5\nBob,2,#1\nCid,3,see #N/A there\nDan,4,#SALE!\n")
    assert {code for _, code in codes(rows)} == {None}


def test_a_cell_as_long_as_allowed_and_one_longer(tmp_path):
    _, rows = read(tmp_path, HEADER + f"Ann,1,{'x' * CELL_LIMIT}\nBob,2,{'x' * (CELL_LIMIT + 1)}\nCid,3,y\n")
    assert codes(rows) == [(2, None), (3, "cell_too_long"), (4, None)]
    assert len(rows[1][1][2]) == CELL_LIMIT


def test_the_unit_separator_in_a_cell_is_kept(tmp_path):
    _, rows = read(tmp_path, HEADER + "Ann,1,a\x1fb\nBob,2,y\x1e\n")
    assert rows == [(2, ["Ann", "1", "a\x1fb"], None), (3, ["Bob", "2", "y\x1e"], None)]


def test_an_endless_line_is_held_in_bounded_memory(tmp_path):
    content = HEADER.encode() + b"Ann,1,x\n" + b"y" * (40 << 20) + b"\nBob,2,z\n"
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    del content
    tracemalloc.start()
    _, rows = rows_of(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(rows) == [(2, None), (3, "line_too_long"), (4, None)]
    assert peak < 40 << 20


def test_an_open_quote_before_an_endless_line_loses_nothing(tmp_path):
    _, rows = read(tmp_path, HEADER + 'Ann,1,"open\n' + "y" * (6 << 20) + "\nBob,2,z\n")
    assert codes(rows) == [(2, "unclosed_quote"), (3, "line_too_long"), (4, None)]


def test_lines_above_the_header_are_held(tmp_path):
    _, rows = read(tmp_path, "Appointments of the week,,\n\n" + HEADER + "Ann,1,x\n")
    assert codes(rows) == [(1, "above_header"), (4, None)]


def test_a_row_longer_than_a_block_survives(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK", 64)
    note = "line\n" * 200
    _, rows = read(tmp_path, HEADER + f'Ann,1,"{note}"\nBob,2,y\n')
    assert rows == [(2, ["Ann", "1", note], None), (203, ["Bob", "2", "y"], None)]


CELLS = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\u0085\u2028\u2029"), max_size=20
    ),
    st.sampled_from(["a\nb", 'he said "no"', "x\r\ny", "", " ", "1,5", "é\n\né", "\x1f", '"']),
)
TABLES = st.lists(
    st.lists(CELLS, min_size=4, max_size=4).filter(lambda row: "".join(row).strip()), min_size=1, max_size=25
)


@given(table=TABLES, block=st.integers(5, 400))
def test_written_tables_are_read_back(table, block):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "phone", "note", "more"])
    writer.writerows(table)
    rows = in_blocks(out.getvalue().encode(), block)
    assert [cells for _, cells, _ in rows] == table
    assert [code for _, _, code in rows if code] == []


MESS = st.lists(
    st.sampled_from(["a", "b", ",", ",", '"', "\n", "\n", "\r\n", "é", "\0", "\x1f", " ", '""', ",x,\n"]),
    max_size=60,
).map("".join)


@given(mess=MESS, block=st.integers(1, 50))
def test_the_size_of_the_blocks_makes_no_difference(mess, block):
    content = (HEADER + "q,r,s\n" + mess).encode()
    assert in_blocks(content, block) == in_blocks(content, 1 << 20)


@given(mess=MESS)
def test_every_line_with_content_is_in_a_row_or_held(mess):
    content = HEADER + "q,r,s\n" + mess
    rows = in_blocks(content.encode(), 1 << 20)
    lines = list(io.StringIO(content, newline=""))
    starts = [line_no for line_no, _, _ in rows]
    assert starts == sorted(set(starts))
    for (start, cells, _), following in itertools.zip_longest(rows, starts[1:]):
        spanned = "".join(lines[start - 1 : (following or len(lines) + 1) - 1])
        read_back = "".join(cells).replace("\N{SYMBOL FOR NULL}", "\0")
        assert bare(read_back) == bare(spanned)


def bare(text):
    """The text without characters that quoting and splitting may remove."""
    return "".join(character for character in text if character not in '",' and not character.isspace())


def in_blocks(content, size):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(csv_rows, "BLOCK", size)
        return read(Path(folder), content)[1]
