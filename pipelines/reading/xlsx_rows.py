"""The rows of a workbook's only visible sheet with rows. Cells become text without loss: 33612345678, not 33612345678.0."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from pipelines.errors import PacketRefused
from pipelines.reading.batching import ROWS_PER_BATCH, BatchBuilder
from pipelines.reading.dialect import MAX_ABOVE_HEADER, header_names
from pipelines.reading.flaws import flaw_of
from pipelines.reading.rows import CELL_LIMIT, Batch, RowProblem
from pipelines.reading.xlsx_guard import inspect

Cell = int | float | str | bool | time | date | datetime | timedelta
_CHARACTERS_PER_BATCH = 1 << 20
_ROW_LIMIT = 4 << 20  # characters
_NAME_LIMIT = 31  # characters of a sheet's name, the limit of spreadsheet programs
_EXACT = 10**15  # a double holds every integer up to here, and a spreadsheet shows 15 digits


class Workbook:
    """The one sheet to read. `header` is read at once, `batches` gives the rows below it."""

    def __init__(self, path: Path) -> None:
        facts = inspect(path)
        self._sheet = _only_sheet(path)
        if self._sheet.name not in facts:
            raise PacketRefused("unreadable_workbook")
        self.sheet_name = self._sheet.name[:_NAME_LIMIT]
        self._facts = facts[self._sheet.name]
        self._first_column = self._sheet.start[1] if self._sheet.start else 0
        self._rows = (
            (number, [as_text(cell) for cell in row])
            for number, row in enumerate(self._sheet.iter_rows(), 1)
            if row.count("") < len(row)
            or number in self._facts.error_cells  # one distant cell would give a million blank rows
        )
        self._above, self.header = self._read_header()

    def _read_header(self) -> tuple[list[tuple[int, list[str]]], list[str]]:
        """Rows with a single cell above a wider table are titles, not the header."""
        above: list[tuple[int, list[str]]] = []
        for number, cells in self._rows:
            filled = [place for place, cell in enumerate(cells) if cell.strip()]
            if len(filled) == 1 and len(cells) > 1 and len(above) < MAX_ABOVE_HEADER:
                above.append((number, cells))
            elif filled:
                return above, header_names(cells[: filled[-1] + 1])
        if len(above) >= 1:  # every row has one cell, so the first row is the header
            return [], header_names(above[0][1])
        raise PacketRefused("blank_sheet")

    def batches(self) -> Iterator[Batch]:
        builder = BatchBuilder()
        for number, cells in self._above:
            builder.add(number, cells, RowProblem("above_header"))
        for number, cells in self._rows:
            if not any(map(str.strip, cells)) and number not in self._facts.error_cells:
                continue
            self._add(builder, number, cells)
            if len(builder) >= ROWS_PER_BATCH or builder.characters >= _CHARACTERS_PER_BATCH:
                yield from builder.drain()
        yield from builder.drain()

    def _add(self, builder: BatchBuilder, number: int, cells: list[str]) -> None:
        if sum(map(len, cells)) > _ROW_LIMIT:
            builder.add(
                number, [cell[: CELL_LIMIT // len(cells)] for cell in cells], RowProblem("row_too_long")
            )
            return
        width = len(self.header)
        beyond = any(map(str.strip, cells[width:]))
        builder.add(number, cells if beyond else cells[:width], self._problem(number, cells[:width], beyond))

    def _problem(self, number: int, cells: list[str], beyond: bool) -> RowProblem | None:
        if number in self._facts.hidden_rows:
            return RowProblem("hidden_row")
        if beyond:
            return RowProblem("cells_beyond_header")
        place = self._facts.error_cells.get(number, -1) - self._first_column
        if 0 <= place < len(self.header):
            return RowProblem("error_cell", column=self.header[place])
        return flaw_of(cells, self.header)


def as_text(cell: Cell) -> str:
    """What the cell shows, with dates and times in ISO form."""
    match cell:
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():
            text = str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
        case datetime():
            moment = _whole_seconds(cell)
            text = moment.isoformat(sep=" ", timespec=_precision(moment))
        case time():
            moment = _whole_seconds(datetime.combine(date(2000, 1, 1), cell))
            text = moment.time().isoformat(timespec=_precision(moment))
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            text = f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
        case _:
            text = str(cell)
    return text


def _precision(moment: datetime) -> str:
    return "seconds" if moment.second else "minutes"


def _whole_seconds(moment: datetime) -> datetime:
    """A spreadsheet keeps 9:30 as a fraction of a day that is a few microseconds off."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _only_sheet(path: Path) -> CalamineSheet:
    """The only sheet with rows. Others are released at once, because a sheet in memory is larger than in the file."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        visible = [
            sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible
        ]
        sheet, filled = None, 0
        for name in visible:
            candidate = workbook.get_sheet_by_name(name)
            if candidate.height:
                sheet, filled = sheet or candidate, filled + 1
    except CalamineError:
        raise PacketRefused("unreadable_workbook") from None
    if sheet is None:
        raise PacketRefused("no_filled_sheet")
    if filled > 1:
        raise PacketRefused("several_sheets", filled=filled)
    return sheet
