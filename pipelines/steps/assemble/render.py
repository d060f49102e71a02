"""The texts that decide or change something: Jinja fills them, row after row, in constant memory."""

from collections.abc import Mapping, Sequence

from pipelines.channels.base import MessageText
from pipelines.channels.wording.template import MissingValue
from pipelines.channels.wording.values import one_line
from pipelines.steps.assemble.fillings import rows_for_jinja
from pipelines.steps.assemble.plan import Plan
from pipelines.steps.journal import StepContext
from pipelines.store.sqlfile import sql

AT_ONCE = 5_000  # rows that are read, filled and written back together

Filled = tuple[str | None, str | None, list[str] | None]  # subject, body, missing


def fill_by_jinja(context: StepContext, plan: Plan) -> None:
    """Fill the table `assemble_text` for the rows whose text SQL cannot fill."""
    context.uow.execute(sql("steps/assemble/table"))
    if not plan.by_jinja:
        return
    names = list(plan.values)
    statement = rows_for_jinja(plan).execution_options(stream_results=True, yield_per=AT_ONCE)
    rows = context.uow.execute(statement, {"packet_id": plan.packet.id, "text_nos": plan.by_jinja})
    done = 0
    for some in rows.partitions():
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
