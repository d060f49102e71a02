"""The run of a packet is ended or deleted during dispatch: the packet finishes, or says clearly whom it waits for (decision 0014)."""

import csv
import json
import re
import time
from datetime import date, timedelta

import pytest
import requests
from sqlalchemy import text

from pipelines.cli.sample import AREA_CODES, HEADER
from pipelines.store.unit_of_work import UnitOfWork

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(1_500)]

PEOPLE = 300


@pytest.fixture
def slow_provider(system):
    """Each call takes three seconds, so that the test can act during dispatch: a lane makes 64 at once."""
    url = system.urls["sandbox"] + "/sandbox/faults"
    requests.post(url, json=[{"action": "delay", "seconds": 3.0}], timeout=5).raise_for_status()
    yield
    requests.delete(url, timeout=5).raise_for_status()


@pytest.fixture
def sending(system, packetboat_command, journal, slow_provider, tmp_path, request):
    """A packet with some messages sent and most not: its id, its run, and its people."""
    areas = {"ended": AREA_CODES[1:4], "gone": AREA_CODES[4:7]}[request.param]
    phones = [f"+1{area}55501{number:02}" for area in areas for number in range(100)]
    path = tmp_path / f"{request.param}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)  # the layout that the feed may already know
        day = date.today() + timedelta(days=2)  # noqa: DTZ011 - it only has to be in the future
        for number, phone in enumerate(phones):
            person = (f"P-{number}", f"Ada{number}", "Stone", phone, "", "en")
            writer.writerow([*person, day.isoformat(), "10:00", "Dr. Abel"])
    before = len(journal())
    sent = packetboat_command(
        "packet", "send", str(path), "--client", "clinic", "--campaign", "appointment-reminder", "--json"
    )
    assert sent.returncode == 0, sent.stderr
    receipt = json.loads(sent.stdout)
    packet_id = receipt["packet_id"]
    eventually(
        lambda: len(journal()) > before + 20 or "stopped" in needs(system, packet_id), 300, "nothing was sent"
    )
    assert needs(system, packet_id) == {}
    return receipt["packet_id"], receipt["run_id"], set(phones), before


def eventually(condition, seconds, message):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, message
        time.sleep(1)
    return value


def needs(system, packet_id):
    with UnitOfWork(system.packetboat.engine("app"), every_client=True) as uow:
        query = text("select code, cases from packet_need where packet_id = :packet")
        return {row.code: row.cases for row in uow.all(query, {"packet": packet_id})}


def state(system, packet_id):
    with UnitOfWork(system.packetboat.engine("app"), every_client=True) as uow:
        return uow.scalar(text("select state from data_packet where id = :packet"), {"packet": packet_id})


def let_leases_end(system, packet_id):
    """Let the leases of lanes expire at once instead of after some minutes."""
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        uow.execute(
            text(
                "update provider_call set lease_until = now() - interval '1 second', claimed_at = now() - interval '2 minutes'"
                " where packet_id = :packet and state = 'sending'"
            ),
            {"packet": packet_id},
        )
        uow.commit()


def ask_airflow(system, method, path, body=None):
    answer = system.packetboat.airflow()._call(method, path, body)
    assert answer.ok


def people(journal, before):
    return [entry["to"] for entry in journal()[before:]]


@pytest.mark.parametrize("sending", ["ended"], indirect=True)
def test_a_run_that_is_ended_as_failed_waits_for_support_and_says_so(
    system, packetboat_command, log_in, journal, sending
):
    packet_id, run_id, everybody, before = sending
    ask_airflow(system, "PATCH", f"/dags/packet/dagRuns/{run_id}", {"state": "failed"})
    ready = eventually(
        lambda: needs(system, packet_id).get("run_failed"), 300, "no alarm within five minutes"
    )
    assert 0 < ready < PEOPLE
    out = len(people(journal, before))
    page = log_in("support", system.secrets["portal_support_password"]).get(f"/packets/{packet_id}").text
    assert "Its run was ended as failed in Airflow." in page
    assert "<span>Stands still</span>" in page
    assert f"/packets/{packet_id}/again/dispatch" in page
    shown = packetboat_command("packet", "show", packet_id)
    assert shown.returncode == 3
    command = re.search(r"packetboat (packet rerun \S+ --from \S+)", shown.stdout)[1]
    assert packet_id in packetboat_command("doctor", "--json").stdout
    time.sleep(5)
    assert len(people(journal, before)) == out, "it was overruled"

    let_leases_end(system, packet_id)
    done = packetboat_command(*command.split(), "--yes", "--wait")
    received = people(journal, before)
    assert len(received) == len(set(received))
    unknown = needs(system, packet_id).get("unknown", 0)
    assert done.returncode == (3 if unknown else 0), done.stderr
    assert state(system, packet_id) == "settled"
    assert needs(system, packet_id).keys() <= {"unknown"}
    assert set(received) <= everybody
    assert len(received) >= PEOPLE - unknown


@pytest.mark.parametrize("sending", ["gone"], indirect=True)
def test_pulse_replaces_a_deleted_run(system, journal, sending):
    packet_id, run_id, everybody, before = sending
    ask_airflow(system, "PATCH", f"/dags/packet/dagRuns/{run_id}", {"state": "failed"})
    ask_airflow(system, "DELETE", f"/dags/packet/dagRuns/{run_id}")
    time.sleep(30)  # longer than a lane takes to end
    let_leases_end(system, packet_id)
    eventually(
        lambda: state(system, packet_id) == "settled", 400, f"it has stalled: {needs(system, packet_id)}"
    )
    received = people(journal, before)
    assert len(received) == len(set(received))
    unknown = needs(system, packet_id).get("unknown", 0)
    assert len(received) >= PEOPLE - unknown
    assert set(received) <= everybody
    airflow = system.packetboat.airflow()
    eventually(
        lambda: airflow.run_state("packet", f"{run_id}-again-1") == "success",
        60,
        "the new run did not succeed",
    )
