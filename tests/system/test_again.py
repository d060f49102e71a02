"""A step is rerun from the command line and from the portal, and held rows are sent again after correction: nobody is messaged twice."""

import csv
import io
import time
from datetime import date
from urllib.parse import urlsplit

import pytest

from pipelines.cli.sample import sample_packet

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sent(send, tmp_path_factory):
    """The first 130 lines of the demo's file, including most of its bad rows."""
    path = tmp_path_factory.mktemp("again") / "morning.csv"
    lines = sample_packet(date.today()).splitlines(keepends=True)  # noqa: DTZ011 - the appointments only have to be in the future
    path.write_bytes(b"".join(lines[:131]))
    return send(path, "clinic")


def tries(system, run_id):
    """The number of tries of each task and each lane."""
    tasks = system.packetboat.airflow().task_instances("packet", run_id)
    return {(task.task_id, task.map_index): task.try_number for task in tasks}


def wait_for_run(system, run_id, before):
    """Wait until the run has succeeded, with more tries than before."""
    end = time.monotonic() + 120
    airflow = system.packetboat.airflow()
    while airflow.run_state("packet", run_id) != "success" or tries(system, run_id) == before:
        assert airflow.run_state("packet", run_id) != "failed"
        assert time.monotonic() < end, "the run did not end"
        time.sleep(0.3)


@pytest.mark.parametrize("step", ["dispatch", "load"])
def test_support_reruns_a_step_in_the_portal(system, log_in, journal, sent, step):
    support = log_in("support", system.secrets["portal_support_password"])
    page = f"/packets/{sent['packet_id']}/again/{step}"
    assert "What will happen" in support.get(page).text
    received, earlier = len(journal()), tries(system, sent["run_id"])
    answer = support.post(page, {}, form=page)
    assert urlsplit(answer.url).path == f"/packets/{sent['packet_id']}"
    assert "runs again" in answer.text
    wait_for_run(system, sent["run_id"], earlier)
    again = tries(system, sent["run_id"])
    assert {again[task] - earlier[task] for task in earlier if task[0] == step} == {1}
    assert len(journal()) == received


def test_the_command_line_says_what_changes_and_runs_the_step(packetboat_command, journal, sent):
    before = len(journal())
    process = packetboat_command("packet", "rerun", sent["packet_id"], "--from", "clean", "--yes", "--wait")
    assert process.returncode == 0, process.stderr
    assert "Prepared rows do not change, because" in process.stdout
    assert len(journal()) == before


def test_a_client_may_not_run_a_step(system, log_in, sent):
    client = log_in("clinic", system.secrets["portal_client_password"])
    assert client.get(f"/packets/{sent['packet_id']}/again/load", allow_redirects=False).status_code in {
        302,
        403,
    }


def test_corrected_held_rows_are_sent(system, log_in, send, journal, sent, tmp_path):
    """The downloaded file, corrected and sent as it is: the column with the reasons does no harm."""
    client = log_in("clinic", system.secrets["portal_client_password"])
    answer = client.get(f"/packets/{sent['packet_id']}/held.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    phoneless = [row for row in rows if "phone" in row["Why it was held"].lower()]
    assert phoneless
    for number, row in enumerate(phoneless):
        # A spreadsheet keeps the apostrophe that the download puts before a plus sign.
        row["Mobile phone"] = f"'+1 202 555 0{170 + number}"
    path = tmp_path / "corrected.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(phoneless)
    before = {entry["attempt"] for entry in journal()}
    balance = send(path, "clinic")["packet"]["balance"]
    assert {part["name"]: part["rows"] for part in balance["parts"] if part["rows"]} == {
        "sent": len(phoneless)
    }
    assert {entry["to"] for entry in journal() if entry["attempt"] not in before} == {
        f"+12025550{170 + number}" for number in range(len(phoneless))
    }
