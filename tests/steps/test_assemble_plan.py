"""The plan that computes messages: parallel, and without tables that it does not need."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from pipelines import steps
from tests.builders import REMINDER
from tests.steps.assembling import ANA, EMAIL, SMS, bench, make

__all__ = ["bench", "make"]

# Uses parallel workers wherever they are allowed, whatever the number of rows and the statistics.
FORCE_PARALLEL = "set local debug_parallel_query = on"


@contextmanager
def explained(bench):
    """Yields a list that gets the lines of the plan of each statement that computes messages."""
    lines = []

    def explain(connection, cursor, statement, parameters, context, many):
        if statement.lstrip().startswith("create temporary table assemble_message"):
            connection.exec_driver_sql(FORCE_PARALLEL)
            lines.extend(
                row[0] for row in connection.exec_driver_sql(f"explain (costs off) {statement}", parameters)
            )

    event.listen(bench.engine, "before_cursor_execute", explain)
    yield lines
    event.remove(bench.engine, "before_cursor_execute", explain)


def plan_of(bench):
    bench.rows(ANA | {"gate": "A4"})
    with explained(bench) as lines:
        bench.run()
    assert len(bench.messages()) == 1
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("body", "reads_the_file"),
    [("Hello {{ first_name }}, {{ contact_at | day }}", False), ("Gate {{ gate }}", True)],
)
def test_the_plan_is_parallel_and_reads_the_file_only_if_a_column_is_used(make, body, reads_the_file):
    plan = plan_of(make(texts=[("sms", "en", None, body), EMAIL]))
    assert "Gather" in plan
    assert "assemble_text" not in plan
    assert ("data_packet_row" in plan) is reads_the_file


def test_texts_by_jinja_are_read_only_if_there_are_any(make):
    plan = plan_of(make(texts=[("sms", "en", None, "{% if gate %}!{% endif %}"), EMAIL]))
    assert "assemble_text" in plan


@pytest.mark.parametrize("code", ["due_later", "provider_down"])
def test_messages_made_anew_do_not_wait_for_what_delayed_the_old_ones(make, code):
    """The message that a provider refused has expired since, and the others were not tried: assemble makes all of them anew."""
    bench = make(texts=[SMS, EMAIL])
    bench.rows(ANA, ANA)
    bench.run()
    wait = (
        "insert into channel_wait (packet_id, channel, client_id, code, until)"
        " values (:packet, 'sms', :client, :code, now() + interval '1 hour')"
    )
    with bench.uow() as uow:
        uow.execute(text(wait), {"packet": bench.packet, "client": bench.business.client_id, "code": code})
        uow.commit()
    bench.run()
    assert bench.select("select code from channel_wait where packet_id = :packet") == []
    assert steps.ready_by_channel(bench.engine, bench.packet) == {"sms": 2}


@pytest.mark.parametrize("quiet", [True, False])
def test_hours_keep_the_plan_parallel_and_cost_nothing_without_them(make, quiet):
    details = {name: value for name, value in REMINDER.items() if name != "window" or not quiet}
    plan = plan_of(make(texts=[SMS, EMAIL], details=details))
    assert ("send_window" in plan) is quiet
    assert "Gather" in plan
    if quiet:
        assert plan.index("Gather") < plan.index("send_window")
