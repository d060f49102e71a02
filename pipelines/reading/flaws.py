"""What can be wrong with a single row of a file, each with its code and the sentence that a person reads."""

from collections.abc import Sequence

from pipelines.reading.encoding import is_marked
from pipelines.reading.rows import CELL_LIMIT, RowProblem, storable

_SHOWN = 500  # characters of the original value


def flaw_of(cells: Sequence[str], header: Sequence[str]) -> RowProblem | None:
    """The first thing that keeps these cells from being a row under this header; None when they are one."""
    text = "".join(cells)
    if len(text) > CELL_LIMIT:
        for place, cell in enumerate(cells):
            if len(cell) > CELL_LIMIT:
                return _at(
                    "cell_too_long",
                    f"A cell holds {len(cell):,} characters, {CELL_LIMIT:,} are the most. Shorten it, or look for a quote that is never closed.",
                    place, cell, header,
                )  # fmt: skip
    if "\0" in text or is_marked(text):
        for place, cell in enumerate(cells):
            if is_marked(cell):
                return _at(
                    "undecodable",
                    "A cell holds bytes that are no text in the file's encoding. Save the file as UTF-8 and upload the row again.",
                    place, cell, header,
                )  # fmt: skip
            if "\0" in cell:
                return _at("nul_byte", "A cell holds a NUL character, which no text may. Type the cell again.", place, cell, header)  # fmt: skip
    return None if len(cells) == len(header) else ragged(len(cells), len(header))


def ragged(found: int, expected: int) -> RowProblem:
    if found > expected:
        hint = "Put text that contains the separator in double quotes."
        return RowProblem(
            0, "too_many_cells", f"The line has {found} cells under {expected} column names. {hint}"
        )
    hint = "A separator is missing, or the line was cut off."
    return RowProblem(0, "too_few_cells", f"The line has {found} cells under {expected} column names. {hint}")


def unclosed_quote() -> RowProblem:
    return RowProblem(
        0,
        "unclosed_quote",
        "A double quote is opened in this line and not closed where a cell ends. Close it or double it.",
    )


def too_long_line() -> RowProblem:
    return RowProblem(
        0,
        "line_too_long",
        "The line has millions of characters and was not read. Look for a line break that is missing.",
    )


def too_long_row() -> RowProblem:
    return RowProblem(
        0, "line_too_long", "The row holds millions of characters and was not read. Shorten its cells."
    )


def above_header() -> RowProblem:
    return RowProblem(0, "above_header", "This line stands above the column names and was not read as a row.")


def beyond_header() -> RowProblem:
    return RowProblem(
        0,
        "too_many_cells",
        "The row has cells to the right of the last column name. Name their columns or empty them.",
    )


def error_cell(column: str) -> RowProblem:
    return RowProblem(
        0,
        "error_cell",
        "The cell shows an error of the spreadsheet, such as #N/A. Correct its formula or type the value.",
        column,
    )


def hidden_row() -> RowProblem:
    return RowProblem(
        0,
        "hidden_row",
        "The row is hidden in the workbook (filtered out, perhaps). Unhide it and upload it if it should be sent.",
    )


def _at(code: str, sentence: str, place: int, cell: str, header: Sequence[str]) -> RowProblem:
    column = header[place] if place < len(header) else None
    return RowProblem(0, code, sentence, column, storable(cell)[:_SHOWN])
