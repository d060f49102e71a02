"""What operators see in Airflow's own screens: lanes by name, the runbook, and the way to the packet's page and back."""

import csv

import pytest
import requests

from pipelines.cli.sample import HEADER
from pipelines.language import say
from pipelines.language.vocabulary import step_title
from pipelines.states import STEPS

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def run(send, tmp_path_factory):
    """The run id of a packet that is settled: one person with a phone, one with only an e-mail address."""
    path = tmp_path_factory.mktemp("two") / "people.csv"
    with path.open("w", newline="") as file:
        people = csv.writer(file)
        people.writerow(HEADER)
        people.writerow(
            ["P-1", "Ada", "Stone", "+1 202 555 0163", "", "en", "2031-03-03", "10:00", "Dr. Abel"]
        )
        people.writerow(
            ["P-2", "Zoé", "Dupré", "", "zoe@example.com", "fr", "2031-03-03", "10:15", "Dr. Abel"]
        )
    return send(path, "clinic")["run_id"]


@pytest.fixture(scope="module")
def api_get(system):
    """Airflow's REST API, used by the operator."""
    url = system.urls["airflow"]
    account = {"username": "ops", "password": system.secrets["airflow_ops_password"]}
    token = requests.post(f"{url}/auth/token", json=account, timeout=30).json()["access_token"]

    def api_get(path):
        answer = requests.get(f"{url}/api/v2{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    return api_get


def test_lanes_have_names_in_the_grid(api_get, run):
    tasks = api_get(f"/dags/packet/dagRuns/{run}/taskInstances")["task_instances"]
    assert {task["rendered_map_index"] for task in tasks if task["task_id"] == "dispatch"} == {
        "sms lane 1",
        "e-mail lane 1",
    }


def test_tasks_have_the_titles_of_the_portals_steps(api_get, run):
    tasks = api_get(f"/dags/packet/dagRuns/{run}/taskInstances")["task_instances"]
    titles = {step: say(step_title(step)) for step in STEPS}
    # Airflow 3.3 loses the display name of a mapped task: it reads it back from the database under another key.
    titles["dispatch"] = "dispatch"
    assert {task["task_id"]: task["task_display_name"] for task in tasks} == titles


def test_the_dag_has_its_runbook(api_get):
    runbook = api_get("/dags/packet/details")["doc_md"]
    for part in ("What it does", "When a task is red", "Is a rerun safe?"):
        assert part in runbook


@pytest.mark.parametrize("step", ["load", "check", "settle"])
def test_a_green_tasks_log_has_its_lines_at_their_level(api_get, run, step):
    log = api_get(f"/dags/packet/dagRuns/{run}/taskInstances/{step}/logs/1?full_content=true")["content"]
    levels = {line["event"]: line.get("level") for line in log}
    assert levels["step_started"] == levels["step_ended"] == "info"
    assert "error" not in levels.values()


def test_a_task_leads_to_the_packets_page(system, api_get, run, log_in):
    links = api_get(f"/dags/packet/dagRuns/{run}/taskInstances/load/links")
    assert set(links["extra_links"]) == {"Open packet"}
    shows_the_packet(system, log_in, links["extra_links"]["Open packet"])


@pytest.mark.parametrize("destination", ["dag_run", "task_instance"])
def test_run_and_task_have_a_packet_tab(system, api_get, run, log_in, destination):
    tabs = [view for plugin in api_get("/plugins")["plugins"] for view in plugin["external_views"]]
    (tab,) = (view for view in tabs if view["destination"] == destination)
    assert tab["name"] == "Packet"
    page = shows_the_packet(system, log_in, tab["href"].replace("{RUN_ID}", run))
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {system.urls['airflow']}" in policy, "Airflow may not frame it"


def shows_the_packet(system, log_in, address):
    """Check that the link opens the packet's page for support, and that the page links back to the run unless Airflow frames it."""
    portal = system.urls["portal"]
    assert address.startswith(portal)
    page = log_in("support", system.secrets["portal_support_password"]).get(address.removeprefix(portal))
    assert page.status_code == 200
    assert "people.csv" in page.text
    assert (f"{system.urls['airflow']}/dags/packet/runs/" in page.text) != ("framed=1" in address)
    return page
