"""The texts that decide or change something: Jinja fills them, row after row, in constant memory."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from pipelines.channels.base import MessageText
from pipelines.channels.wording.template import MissingValue
from pipelines.channels.wording.values import one_line
from pipelines.steps.assemble.select import Plan, addressed, values_of
from pipelines.steps.journal import StepContext
from pipelines.store.sqlfile import sql

AT_ONCE = 5_000  # rows that are read, filled and written back together

Filled = tuple[str | None, str | None, list[str] | None]  # subject, body, missing


def fill_by_jinja(context: StepContext, plan: Plan) -> None:
    """Fill the table `assemble_text` for the rows whose text SQL cannot fill."""
    context.uow.execute(sql("steps/assemble/table"))
    if not plan.by_jinja:
        return
    rows = addressed(plan)
    values_of_row = values_of(plan, rows)
    names = list(values_of_row)
    statement = select(rows.c.row_no, rows.c.text_no, *values_of_row.values()).where(
        rows.c.text_no.in_(plan.by_jinja)
    )
    streamed = statement.execution_options(stream_results=True, yield_per=AT_ONCE)
    done = 0
    for some in context.uow.execute(streamed).partitions():
        with context.uow.copy_into("assemble_text", ["row_no", "subject", "body", "missing"]) as copy:
            for row in some:
                cells: Sequence[str | None] = row[2:]
                values = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
                copy.write_row((row.row_no, *_fill(plan.texts[row.text_no].text, values)))
        done += len(some)
        context.progress.done(done)


def _fill(text: MessageText, values: Mapping[str, str]) -> Filled:
    try:
        subject = one_line(text.subject.fill(values)) if text.subject else None
        return subject, text.body.fill(values), None
    except MissingValue:
        return None, None, [name for wording in text.wordings for name in wording.missing(values)]
