"""Collects rows into batches."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.reading.rows import UNIT_SEPARATOR, Batch, RowProblem, free_separator, storable

ROWS_PER_BATCH = 5_000


class BatchBuilder:
    """Takes rows in file order and returns them as batches in the same order."""

    def __init__(self) -> None:
        self._done: list[Batch] = []
        self.characters = 0  # since the last drain
        self._start_batch()

    def _start_batch(self) -> None:
        self._line_nos: list[int] = []
        self._rows: list[str] = []
        self._problems: list[RowProblem] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, line_no: int, cells: Sequence[str], problem: RowProblem | None = None) -> None:
        """Add a row. One that contains the unit separator gets its own batch with another separator."""
        if problem is not None:
            cells = [storable(cell) for cell in cells]
            problem = replace(problem, index=len(self._rows))
        row = UNIT_SEPARATOR.join(cells)
        self.characters += len(row)
        if row.count(UNIT_SEPARATOR) != len(cells) - 1:
            self._close()
            separator = free_separator(cells)
            alone = [] if problem is None else [replace(problem, index=0)]
            self._done.append(Batch([line_no], [separator.join(cells)], separator, alone))
            return
        self._line_nos.append(line_no)
        self._rows.append(row)
        if problem is not None:
            self._problems.append(problem)

    def drain(self) -> list[Batch]:
        """The batches of the rows that were added since the last call."""
        self._close()
        done, self._done = self._done, []
        self.characters = 0
        return done

    def _close(self) -> None:
        if self._rows:
            self._done.append(Batch(self._line_nos, self._rows, UNIT_SEPARATOR, self._problems))
            self._start_batch()
