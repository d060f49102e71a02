"""One packet through the command line, real Airflow and the sandbox; then each of its tasks is cleared."""

import json
import re
import time
from collections import Counter
from datetime import date

import psycopg
import pytest
from sqlalchemy import text

from pipelines.cli.sample import HEADER, ROWS, sample_packet
from pipelines.states import STEPS
from pipelines.store.unit_of_work import UnitOfWork

TODAY = date.today()  # noqa: DTZ011 - once: midnight may pass while the tests run
pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sent(send, tmp_path_factory):
    """The demo's packet, sent from the command line and settled; returns its story."""
    path = tmp_path_factory.mktemp("packet") / "appointments.csv"
    path.write_bytes(sample_packet(TODAY))
    return send(path, "clinic")


@pytest.fixture
def worker(system):
    return system.packetboat.engine("worker")


MESSAGES = """
select
    packet_id, address, channel, body, subject, state, attempt.id::text as attempt, attempt.attempt_no as tried,
    (select state from provider_call where id = attempt.call_id) as answer
from message left join attempt on attempt.message_id = message.id
"""


def messages(worker, packet_id):
    with UnitOfWork(worker, every_client=True) as uow:
        return uow.all(text(MESSAGES + "where packet_id = :packet"), {"packet": packet_id})


def test_every_row_has_one_outcome(sent):
    balance = sent["packet"]["balance"]
    parts = {part["name"]: part["rows"] for part in balance["parts"]}
    assert balance["rows_in"] == ROWS
    assert sum(parts.values()) == ROWS
    assert parts["sent"] > 900
    assert parts["suppressed"] == 3
    assert 20 < parts["held"] < 60
    assert parts.get("waiting", 0) == 0


def test_every_step_is_journalled_with_its_time_and_counts(sent):
    steps = {step["step"]: step for step in sent["packet"]["steps"]}
    assert tuple(steps) == STEPS
    for name, step in steps.items():
        assert step["state"] == "done", name
        assert step["seconds"] > 0, name
        assert step["rows_in"] is not None, name
    assert {lane["lane"] for lane in steps["dispatch"]["lanes"]} == {"sms lane 1", "e-mail lane 1"}


def test_held_rows_say_line_column_code_and_sentence(sent, packetboat_command):
    process = packetboat_command("packet", "held", sent["packet_id"], "--json")
    held = json.loads(process.stdout)
    assert {row["code"] for row in held} >= {
        "duplicate",
        "excel_number",
        "impossible_date",
        "impossible_time",
        "no_address",
        "not_an_email",
        "required_empty",
        "short_number",
        "too_few_cells",
        "too_many_cells",
        "unreadable_date",
    }
    lines = sample_packet(TODAY).decode().splitlines()
    for row in held:
        assert row["sentence"]
        assert row["code"]
        assert 2 <= row["line_no"] <= len(lines)
        assert row["column_name"] is None or row["column_name"] in HEADER


def test_the_sandbox_and_the_database_agree_message_by_message(journal, worker, sent):
    received = {entry["attempt"]: entry for entry in journal()}
    assert len(received) == len(journal()), "an attempt arrived twice"
    with UnitOfWork(worker, every_client=True) as uow:
        taken = {row.attempt for row in uow.all(text(MESSAGES)) if row.answer == "accepted"}
    assert taken == set(received)
    tried = [row for row in messages(worker, sent["packet_id"]) if row.attempt]
    assert len(tried) > 900
    for row in tried:
        entry = received[row.attempt]
        assert (entry["to"], entry["channel"], entry["content"]["body"]) == (
            row.address,
            row.channel,
            row.body,
        )
        assert entry["content"].get("subject") == row.subject
        assert row.tried == 1


def test_callbacks_bring_every_message_to_a_final_state(worker, sent):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        states = Counter(row.state for row in messages(worker, sent["packet_id"]))
        if not states.keys() - {"delivered", "undelivered", "suppressed", "expired"}:
            break
        time.sleep(0.5)
    assert states["delivered"] > 900, states
    assert not states.keys() - {"delivered", "undelivered", "suppressed", "expired"}, states


@pytest.mark.parametrize("step", STEPS)
def test_clearing_a_task_of_a_finished_packet_sends_nothing_twice(system, journal, worker, sent, step):
    airflow, run_id = system.packetboat.airflow(), sent["run_id"]
    before, states = len(journal()), Counter(row.state for row in messages(worker, sent["packet_id"]))
    tries = sum(task.try_number for task in airflow.task_instances("packet", run_id))
    cleared = airflow.clear("packet", run_id, [step])
    assert step in {task.task_id for task in cleared}
    end = time.monotonic() + 120
    while airflow.run_state("packet", run_id) != "success" or tries == sum(
        task.try_number for task in airflow.task_instances("packet", run_id)
    ):
        assert airflow.run_state("packet", run_id) != "failed"
        assert time.monotonic() < end
        time.sleep(0.3)
    assert len(journal()) == before
    assert Counter(row.state for row in messages(worker, sent["packet_id"])) == states


def test_the_same_file_is_not_sent_again_by_accident(packetboat_command, sent, tmp_path):
    path = tmp_path / "again.csv"
    path.write_bytes(sample_packet(TODAY))
    process = packetboat_command(
        "packet", "send", str(path), "--client", "clinic", "--campaign", "appointment-reminder"
    )
    assert process.returncode == 3
    assert "The same file came in for this campaign on" in process.stderr


def people_in(worker, packet_id):
    """Every phone number (also without its country code), e-mail address and name in the packet's rows and messages."""
    columns = "phone, right(phone, 10), email, full_name, first_name || ' ' || last_name, last_name || ', ' || first_name"
    with UnitOfWork(worker, every_client=True) as uow:
        return {
            value
            for statement in (
                f"select distinct unnest(array[{columns}]) from clean_row where packet_id = :packet",
                "select distinct address from message where packet_id = :packet",
            )
            for value in uow.execute(text(statement), {"packet": packet_id}).scalars()
            if value
        }


def test_no_personal_data_in_airflow_and_in_the_logs(system, worker, sent):
    """No log, XCom, run configuration or rendered field may contain a phone number, an address, a name or a text (S2)."""
    people = people_in(worker, sent["packet_id"])
    assert len(people) > 100
    secrets = [
        re.compile("|".join(map(re.escape, sorted(people)))),
    ] + [
        re.compile(pattern)
        for pattern in (
            r"555[-. ]?01\d\d",
            r"patient\d+@",
            r"6 ?39 ?98 ?00",
            "we see you on",
            "O'Neil|Lefèvre",
        )
    ]

    def assert_clean(where, content):
        for secret in secrets:
            match = secret.search(content)
            assert not match, f"{where} contains {match[0]!r}"

    for log in (system.settings.home / "logs").rglob("*"):
        if log.is_file():
            assert_clean(log, log.read_text(errors="replace"))
    dsn = system.server.set(drivername="postgresql", database="airflow").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
        ).fetchall()
        assert len(tables) > 20
        for (table,) in tables:
            for (row,) in connection.execute(f'select row_to_json(t)::text from "{table}" as t'):
                assert_clean(f"Airflow's table {table}", row)
