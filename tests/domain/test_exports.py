"""No cell of an exported file is a formula, and none is lost (S4)."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from pipelines.domain.exports import SKIPPED, TRIGGERS, csv_file, harmless

CELLS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from(sorted(TRIGGERS) + list(SKIPPED))
    ),
    max_size=12,
)


@given(CELLS)
def test_no_cell_starts_a_formula(cell):
    exported = harmless(cell)
    assert exported in (cell, f"'{cell}")
    assert exported[:1] not in TRIGGERS
    if exported == cell:
        assert cell.lstrip(SKIPPED)[:1] not in TRIGGERS


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t|"))
def test_every_cell_can_be_read_back(rows, delimiter):
    content = "".join(csv_file(["a", "b", "c"], rows, delimiter))
    read = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    assert read == [["a", "b", "c"], *[[harmless(cell) for cell in row] for row in rows]]


def test_a_long_file_is_streamed_in_pieces():
    pieces = list(csv_file(["n"], ([str(number)] for number in range(2_000))))
    assert len(pieces) > 3
    assert "".join(pieces).count("\r\n") == 2_001


def test_known_attacks_on_spreadsheets():
    for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '"=1', "\uff1d1", "\r=1"):
        assert harmless(cell) == "'" + cell
    for cell in ("", "Maria", "24/11/2026", "a=b", "555-01"):
        assert harmless(cell) == cell
