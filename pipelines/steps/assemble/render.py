"""Texts with conditions or filters, which SQL cannot fill: Jinja fills them row by row, in constant memory."""

import json
from collections.abc import Mapping, Sequence

from pipelines.channels.base import BODY, SUBJECT
from pipelines.channels.wording.template import MissingValue
from pipelines.channels.wording.values import one_line
from pipelines.steps.assemble.fillings import rows_for_jinja
from pipelines.steps.assemble.plan import Plan
from pipelines.steps.assemble.texts import CampaignText
from pipelines.steps.journal import StepContext
from pipelines.store.sqlfile import sql

COLUMNS = ["row_no", "subject", "body", "parts", "missing"]
BATCH = 5_000  # rows that are read, filled and written back together

# Subject, body, other parts as JSON, missing.
Filled = tuple[str | None, str | None, str | None, list[str] | None]


def fill_by_jinja(context: StepContext, plan: Plan) -> None:
    """Fill the table `assemble_text` for the rows whose text SQL cannot fill."""
    context.uow.execute(sql("steps/assemble/table"))
    if not plan.by_jinja:
        return
    names = list(plan.values)
    statement = rows_for_jinja(plan).execution_options(stream_results=True, yield_per=BATCH)
    rows = context.uow.execute(statement, {"packet_id": plan.packet.id, "text_nos": plan.by_jinja})
    done = 0
    for batch in rows.partitions():
        with context.uow.copy_into("assemble_text", COLUMNS) as copy:
            for row in batch:
                cells: Sequence[str | None] = row[2:]
                values = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
                copy.write_row((row.row_no, *_fill(plan.texts[row.text_no], values)))
        done += len(batch)
        context.progress.done(done)


def _fill(text: CampaignText, values: Mapping[str, str]) -> Filled:
    parts = text.text.parts
    try:
        filled = {name: wording.fill(values) for name, wording in parts.items()}
    except MissingValue:
        return None, None, None, [name for wording in parts.values() for name in wording.missing(values)]
    filled |= {name: one_line(filled[name]) for name in filled if text.channel.part(name).one_line}
    subject, body = filled.pop(SUBJECT, None), filled.pop(BODY)
    return subject, body, json.dumps(filled) if filled else None, None
