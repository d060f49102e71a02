"""Load: the file's rows go verbatim into data_packet_row. A row that cannot be used is held, with its line and the reason."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text, update

from pipelines.errors import StepFailed
from pipelines.reading import Batch, Hints, Rows, open_rows
from pipelines.reading.rows import free_separator
from pipelines.steps.journal import StepContext, StepResult
from pipelines.store.files import Files
from pipelines.store.sqlfile import sql
from pipelines.tables.packets import DataPacket

_MIN_ROWS_TO_ANALYZE = 10_000  # from here on the planner needs statistics


def run(context: StepContext) -> StepResult:
    """Read the stored file and load it, in constant memory, in the encoding that was determined at upload.

    Raises PacketRefused when it is not a table of rows, StepFailed when it is not the file that was received, TryLater when no reader is free.
    """
    with Files(context.settings).path(context.packet.sha256) as path:
        return _read(context, path)


def _read(context: StepContext, path: Path) -> StepResult:
    packet = context.packet
    with open_rows(
        path,
        hints=Hints(None, packet.feed_settings.get("encoding"), packet.region, packet.language),
        settled=(packet.dialect or {}).get("encoding"),
        max_rows=context.settings.upload_max_rows,
    ) as rows:
        return _load(context, rows)


def _load(context: StepContext, rows: Rows) -> StepResult:
    packet = context.packet
    if rows.sha256 != packet.sha256:
        raise StepFailed("file_changed")
    loaded, held = _insert(context, rows.batches)
    context.uow.execute(
        update(DataPacket).where(DataPacket.id == packet.id).values(header=rows.header, dialect=rows.dialect)
    )
    if loaded >= _MIN_ROWS_TO_ANALYZE:
        context.uow.execute(text("analyze data_packet_row (packet_id, row_no)"))
    return StepResult(loaded, loaded - held, held, bytes=rows.bytes)


def _insert(context: StepContext, batches: Iterator[Batch]) -> tuple[int, int]:
    """Insert the rows. Returns how many there are, and how many of them are held."""
    owner = {"packet_id": context.packet.id, "client_id": context.packet.client_id}
    loaded = held = 0
    for batch in _one_ahead(batches):
        row_end = free_separator([*batch.rows, batch.separator])
        in_sequence = isinstance(batch.line_nos, range)
        context.uow.execute(
            sql("steps/load/rows"),
            owner
            | {
                "rows": row_end.join(batch.rows),
                "row_end": row_end,
                "cell_end": batch.separator,
                "before": loaded,
                "line_before": batch.line_nos[0] - 1,
                "line_nos": None if in_sequence else list(batch.line_nos),
            },
        )
        if batch.problems:
            context.uow.execute(sql("steps/load/held"), owner | {"problems": _problems(batch, loaded)})
        loaded += len(batch.rows)
        held += len(batch.problems)
        context.progress.done(loaded)
    return loaded, held


def _one_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches; the next one is read while the database still stores the current one."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader") as reader:
        upcoming = reader.submit(next, batches, None)
        while (batch := upcoming.result()) is not None:
            upcoming = reader.submit(next, batches, None)
            yield batch


def _problems(batch: Batch, before: int) -> str:
    return json.dumps(
        [
            {
                "row_no": before + problem.index + 1,
                "line_no": batch.line_nos[problem.index],
                "column_name": problem.column,
                "code": problem.code,
                "params": problem.params,
                "value": problem.value,
            }
            for problem in batch.problems
        ]
    )
