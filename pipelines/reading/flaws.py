"""What can be wrong with a single row of a file, each with its code and the sentence that a person reads."""

import re
from collections.abc import Sequence

from pipelines.reading.encoding import is_marked
from pipelines.reading.rows import CELL_LIMIT, RowProblem, storable

_SHOWN = 500  # characters of the original value
# What spreadsheets show in place of a value, in the languages in which they are mostly run.
_ERROR = re.compile(
    r"#(?:N/[AD]|NV|DIV/0!|NULL!|REF!|VALUE!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|BUSY!|CONNECT!|UNKNOWN!|GETTING_DATA|ERROR!"
    r"|NOM(?:E|\s)?\?|VALEUR\s?!|NOMBRE\s?!|NUL\s?!|NOMBRE\?|¿NOMBRE\?|¡(?:DIV/0|NULO|NUM|REF|VALOR)!|VALOR!|NÚM!|VALORE!|RIF!"
    r"|WERT!|BEZUG!|ZAHL!)"
)
_SHOWS_ERROR = (
    "The cell shows an error of the spreadsheet, such as #N/A. Correct its formula or type the value."
)


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
        return next(filter(None, (_foreign(*each, header) for each in enumerate(cells))))
    if len(cells) != len(header):
        return ragged(len(cells), len(header))
    if may_show_error(text):
        for place, cell in enumerate(cells):
            if _ERROR.fullmatch(cell.strip()):
                return _at("error_cell", _SHOWS_ERROR, place, cell, header)
    return None


def _foreign(place: int, cell: str, header: Sequence[str]) -> RowProblem | None:
    if is_marked(cell):
        return _at(
            "undecodable",
            "A cell holds bytes that are no text in the file's encoding. Save the file as UTF-8 and upload the row again.",
            place, cell, header,
        )  # fmt: skip
    if "\0" in cell:
        return _at("nul_byte", "A cell holds a NUL character, which no text may. Type the cell again.", place, cell, header)  # fmt: skip
    return None


def may_show_error(text: str) -> bool:
    """Whether any cell of these lines may be a spreadsheet's error value, so that each has to be looked at."""
    return "#" in text and _ERROR.search(text) is not None


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
    return RowProblem(0, "error_cell", _SHOWS_ERROR, column)


def hidden_row() -> RowProblem:
    return RowProblem(
        0,
        "hidden_row",
        "The row is hidden in the workbook (filtered out, perhaps). Unhide it and upload it if it should be sent.",
    )


def _at(code: str, sentence: str, place: int, cell: str, header: Sequence[str]) -> RowProblem:
    column = header[place] if place < len(header) else None
    return RowProblem(0, code, sentence, column, storable(cell)[:_SHOWN])
