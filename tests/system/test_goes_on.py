"""A provider that accepts nothing for a while: the run succeeds, no task waits, and `pulse` resumes sending later (decision 0024)."""

import csv
import json
from collections import Counter
from datetime import date, timedelta

import pytest
import requests
from sqlalchemy import text

from pipelines.cli.sample import AREA_CODES, HEADER
from pipelines.store.unit_of_work import UnitOfWork
from tests.system.test_run_ended import eventually, needs, state

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(1_500)]

PHONES = [f"+1{AREA_CODES[8]}55502{number:02}" for number in range(60)]


@pytest.fixture
def busy_provider(system):
    """Makes the provider ask for a retry in ten minutes; yields a function that ends this."""
    url = system.urls["sandbox"] + "/sandbox/faults"
    requests.post(
        url, json=[{"action": "too_many", "channel": "sms", "seconds": 600}], timeout=5
    ).raise_for_status()

    def recover():
        requests.delete(url, timeout=5).raise_for_status()

    yield recover
    recover()


def send_file(packetboat_command, path):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        day = date.today() + timedelta(days=2)  # noqa: DTZ011 - it only has to be in the future
        for number, phone in enumerate(PHONES):
            writer.writerow(
                [
                    f"W-{number}",
                    f"Ada{number}",
                    "Stone",
                    phone,
                    "",
                    "en",
                    day.isoformat(),
                    "10:00",
                    "Dr. Abel",
                ]
            )
    sent = packetboat_command(
        "packet", "send", str(path), "--client", "clinic", "--campaign", "appointment-reminder", "--json"
    )
    assert sent.returncode == 0, sent.stderr
    return json.loads(sent.stdout)


def ten_minutes_pass(system, packet_id):
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        for statement in (
            "update channel_wait set until = until - interval '10 minutes' where packet_id = :packet",
            "update breaker set retry_at = retry_at - interval '10 minutes'",
            "update message set not_before = now() where packet_id = :packet and state = 'ready'",
        ):
            uow.execute(text(statement), {"packet": packet_id})
        uow.commit()


def test_a_run_succeeds_and_another_resumes_sending(
    system, packetboat_command, journal, busy_provider, tmp_path
):
    airflow, receipt = system.packetboat.airflow(), send_file(packetboat_command, tmp_path / "busy.csv")
    packet_id, run_id = receipt["packet_id"], receipt["run_id"]
    eventually(
        lambda: airflow.run_state("packet", run_id) in {"success", "failed"}, 300, "the run did not end"
    )
    tasks = airflow.task_instances("packet", run_id)
    assert {task.state for task in tasks} == {"success"}
    assert {task.try_number for task in tasks} == {1}
    assert state(system, packet_id) == "sending"
    shown = packetboat_command("packet", "show", packet_id)
    assert "Sending continues at" in shown.stdout
    busy_provider()
    ten_minutes_pass(system, packet_id)
    eventually(lambda: state(system, packet_id) == "settled", 420, "sending did not resume")
    assert airflow.run_state("packet", f"{run_id}-again-1") in {"running", "success"}
    received = Counter(message["to"] for message in journal())
    assert {phone: received[phone] for phone in PHONES} == dict.fromkeys(PHONES, 1)
    assert needs(system, packet_id) == {}
