"""The preview of a rerun, and the rerun itself; another client's packet is not visible."""

from uuid import uuid4

import pytest

from pipelines.actions.packets.rerun_step import RerunRefused, preview, rerun_step
from pipelines.errors import NotFound, TryLater
from pipelines.language import Sentence, say
from pipelines.providers.airflow import Airflow
from pipelines.states import STEPS
from tests.builders import make_business
from tests.fixtures_sandbox import raw_server
from tests.providers.test_airflow import TASKS, Scripted
from tests.sending import boat_for, make_sending, phones

__all__ = ["raw_server"]


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def hold(boat, packet, row_no, code="short_number"):
    boat.change(
        "insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, value)"
        " values (:packet, :row, :client, 'clean', :row + 1, 'phone', :code, '12')",
        packet=packet,
        row=row_no,
        client=boat.business.client_id,
        code=code,
    )
    boat.change("delete from message where packet_id = :packet and row_no = :row", packet=packet, row=row_no)


@pytest.fixture
def packet(boat):
    """Five rows: two held, one out, two ready; settled once."""
    packet_id = make_sending(boat.worker, boat.business, phones(5))
    hold(boat, packet_id, 2)
    hold(boat, packet_id, 4)
    boat.change(
        "update message set state = 'accepted' where packet_id = :packet and row_no = 1", packet=packet_id
    )
    boat.run("settle", packet_id)
    boat.change("update data_packet set run_id = 'packet-r1' where id = :packet", packet=packet_id)
    return packet_id


def test_another_clients_packet_is_not_there(app, database, packet):
    other = make_business(database.engine("worker")).client_id
    with pytest.raises(NotFound):
        preview(app, other, packet, "load")


def test_what_a_rerun_would_change_before_and_after_something_is_out(app, boat, packet):
    after = preview(app, None, packet, "clean")
    assert after.possible
    assert after.steps == STEPS[2:]
    assert "1 message has already been sent" in say(after.sentences[0])
    boat.change("update message set state = 'ready' where packet_id = :packet", packet=packet)
    before = preview(app, None, packet, "clean")
    assert say(before.sentences[0]).startswith("5 rows will be prepared again from “Clean the data” on.")
    dispatch = preview(app, None, packet, "dispatch")
    assert say(dispatch.sentences[0]) == "3 messages are ready and will be sent now. Nothing is sent twice."
    assert preview(app, None, packet, "settle").sentences == (Sentence("rerun_adds_up"),)


def test_a_rerun_clears_the_task_and_what_follows(app, boat, packet, raw_server):
    script = Scripted((200, TASKS))
    airflow = Airflow(raw_server(script).url, "a", "b", timeout=2)
    assert rerun_step(app, airflow, boat.business.client_id, packet, "check").steps == STEPS[3:]
    airflow.close()
    _, path, body, _ = script.requests[-1]
    assert path == "/api/v2/dags/packet/clearTaskInstances"
    assert (body["dag_run_id"], body["task_ids"], body["include_downstream"]) == (
        "packet-r1",
        ["check"],
        True,
    )


def test_a_run_that_is_just_ending_is_not_cleared(app, boat, raw_server):
    """Airflow 3.3 would end it with the cleared tasks left undone."""
    packet = make_sending(boat.worker, boat.business, phones(2))
    boat.change("update data_packet set run_id = 'test' where id = :packet", packet=packet)
    boat.change("update message set state = 'delivered' where packet_id = :packet", packet=packet)
    boat.run("settle", packet)
    run = {"state": "running", "end_date": None}
    script = Scripted((200, run), (200, run | {"state": "success"}), (200, TASKS))
    airflow = Airflow(raw_server(script).url, "a", "b", timeout=2)
    with pytest.raises(TryLater, match="just ending the last run"):
        rerun_step(app, airflow, None, packet, "settle")
    rerun_step(app, airflow, None, packet, "settle")
    airflow.close()
    assert script.requests[-1][1].endswith("/clearTaskInstances")


def test_a_rerun_says_what_is_due_and_lifts_what_a_provider_has_delayed(app, boat, raw_server):
    packet = make_sending(boat.worker, boat.business, phones(4))
    boat.change("update data_packet set run_id = 'packet-r1' where id = :packet", packet=packet)
    changes = {
        1: "attempt_no = 1, not_before = now() + interval '10 hours'",  # the provider asked for that
        2: "not_before = now() + interval '1 hour'",  # planned so
        3: "expires_at = now()",
    }
    for row_no, change in changes.items():
        boat.change(
            f"update message set {change} where packet_id = :packet and row_no = :row",
            packet=packet,
            row=row_no,
        )
    boat.change(
        "insert into channel_wait (packet_id, channel, client_id, code, until)"
        " values (:packet, 'sms', :client, 'provider_busy', now() + interval '10 hours')",
        packet=packet,
        client=boat.business.client_id,
    )
    assert [say(sentence) for sentence in preview(app, None, packet, "dispatch").sentences][:3] == [
        "2 messages are ready and will be sent now. Nothing is sent twice.",
        "1 message is due later and will be sent then.",
        "1 message is past its deadline and will not be sent.",
    ]
    airflow = Airflow(raw_server(Scripted((200, TASKS))).url, "a", "b", timeout=2)
    rerun_step(app, airflow, boat.business.client_id, packet, "dispatch")
    airflow.close()
    assert boat.rows("select from channel_wait where packet_id = :packet", packet=packet) == []
    due = "select row_no from message where packet_id = :packet and not_before <= now() order by row_no"
    assert [row.row_no for row in boat.rows(due, packet=packet)] == [1, 3, 4]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update data_packet set state = 'refused' where id = :packet", "refused when it came in"),
        (
            """insert into packet_step (client_id, packet_id, step, attempt, state)
            select client_id, id, 'clean', 1, 'running' from data_packet where id = :packet""",
            "The step “Clean the data” is running",
        ),
    ],
)
def test_a_rerun_that_cannot_be_now(app, boat, packet, change, says):
    boat.change(change, packet=packet)
    with pytest.raises(RerunRefused, match=says):
        rerun_step(app, Airflow("http://127.0.0.1:9", "a", "b"), None, packet, "load")


def test_a_step_or_packet_that_does_not_exist(app, packet):
    with pytest.raises(NotFound, match="no step “wash”"):
        preview(app, None, packet, "wash")
    with pytest.raises(NotFound):
        preview(app, None, uuid4(), "load")
