"""Problems that the cells of a single row show (rows.po has the words)."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.reading.encoding import is_marked
from pipelines.reading.rows import CELL_LIMIT, RowProblem, storable

_MAX_VALUE = 500  # characters of the original value that are kept
# The error values of spreadsheets in their most common languages.
_ERROR = re.compile(
    r"#(?:N/[AD]|NV|DIV/0!|NULL!|REF!|VALUE!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|BUSY!|CONNECT!|UNKNOWN!|GETTING_DATA|ERROR!"
    r"|NOM(?:E|\s)?\?|VALEUR\s?!|NOMBRE\s?!|NUL\s?!|NOMBRE\?|¿NOMBRE\?|¡(?:DIV/0|NULO|NUM|REF|VALOR)!|VALOR!|NÚM!|VALORE!|RIF!"
    r"|WERT!|BEZUG!|ZAHL!)"
)


def flaw_of(cells: Sequence[str], header: Sequence[str]) -> RowProblem | None:
    """The first problem that makes these cells unusable as a row under this header, or None."""
    text = "".join(cells)
    if len(text) > CELL_LIMIT:
        for place, cell in enumerate(cells):
            if len(cell) > CELL_LIMIT:
                return _at(
                    place, cell, header, RowProblem("cell_too_long", {"length": len(cell), "max": CELL_LIMIT})
                )
    if "\0" in text or is_marked(text):
        return next(filter(None, (_unstorable(*each, header) for each in enumerate(cells))))
    if len(cells) != len(header):
        return ragged(len(cells), len(header))
    if may_show_error(text):
        for place, cell in enumerate(cells):
            if _ERROR.fullmatch(cell.strip()):
                return _at(place, cell, header, RowProblem("error_cell"))
    return None


def _unstorable(place: int, cell: str, header: Sequence[str]) -> RowProblem | None:
    if is_marked(cell):
        return _at(place, cell, header, RowProblem("undecodable"))
    if "\0" in cell:
        return _at(place, cell, header, RowProblem("nul_byte"))
    return None


def may_show_error(text: str) -> bool:
    """Whether any cell in this text may be a spreadsheet's error value, so that each must be checked."""
    return "#" in text and _ERROR.search(text) is not None


def ragged(cells: int, columns: int) -> RowProblem:
    """The problem of a row with more or fewer cells than the header has columns."""
    params = {"n": cells, "columns": columns}
    return RowProblem("too_many_cells" if cells > columns else "too_few_cells", params)


def _at(place: int, cell: str, header: Sequence[str], problem: RowProblem) -> RowProblem:
    column = header[place] if place < len(header) else None
    return replace(problem, column=column, value=storable(cell)[:_MAX_VALUE])
