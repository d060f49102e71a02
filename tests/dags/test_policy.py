"""What every DAG must have, and what its file must not import when Airflow parses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.language import say
from pipelines.language.vocabulary import step_title
from pipelines.settings import PROJECT
from pipelines.states import STEPS

DAGS = sorted((PROJECT / "dags").glob("*.py"))
TAGS = {"client-facing", "money", "ops"}
FORBIDDEN_AT_PARSE = ("pandas", "great_expectations", "pipelines.steps", "requests.sessions", "twilio")

pytestmark = pytest.mark.filterwarnings("ignore")  # Airflow's own imports warn


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    os.environ["AIRFLOW_HOME"] = str(tmp_path_factory.mktemp("airflow"))
    sys.path.append(str(PROJECT / "plugins"))
    from airflow.dag_processing.dagbag import DagBag

    yield DagBag(str(PROJECT / "dags"), bundle_name="test")
    sys.path.remove(str(PROJECT / "plugins"))


def test_every_file_parses_and_contains_a_dag_of_its_name(bag):
    assert bag.import_errors == {}
    assert {Path(file).stem for file in DAGS} == set(bag.dags)


def test_every_dag_says_what_to_do_when_it_is_red(bag):
    for dag in bag.dags.values():
        for words in ("What it does", "When a task is red", "Is a rerun safe"):
            assert words in dag.doc_md, dag.dag_id


def test_tags_are_known_and_runs_are_limited(bag):
    for dag in bag.dags.values():
        assert dag.tags, dag.dag_id
        assert dag.tags <= TAGS
        assert dag.max_active_runs == (128 if dag.dag_id == "packet" else 1)
        assert not dag.catchup


def test_every_task_has_owner_pool_doc_retry_policy_and_timeout(bag):
    for dag in bag.dags.values():
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            assert task.owner == "packetboat", name
            assert task.pool in {"prepare", "dispatch"}, name
            assert task.doc_md, name
            assert type(task.retry_policy).__name__ == "PacketboatRetryPolicy", name
            assert task.execution_timeout is not None, name
            # After a killed worker no policy runs, so Airflow's default of five minutes would apply.
            assert task.retry_delay.total_seconds() <= 60, name


def test_the_packet_dag_has_a_task_per_step_and_a_failure_callback(bag):
    dag = bag.dags["packet"]
    assert tuple(task.task_id for task in dag.topological_sort()) == STEPS
    assert all(task.on_failure_callback for task in dag.tasks)
    assert [task.task_display_name for task in dag.topological_sort()] == [
        say(step_title(step)) for step in STEPS
    ]
    assert dag.get_task("settle").trigger_rule == "all_done"
    assert dag.get_task("dispatch").is_mapped


@pytest.mark.parametrize("file", DAGS, ids=lambda file: file.stem)
def test_parsing_imports_nothing_heavy(file, tmp_path):
    code = (
        "import airflow.sdk, sys, time, runpy\n"
        "before = set(sys.modules); start = time.monotonic()\n"
        f"runpy.run_path({str(file)!r})\n"
        "print(time.monotonic() - start)\n"
        f"print([name for name in {FORBIDDEN_AT_PARSE!r} if name in set(sys.modules) - before])"
    )
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{PROJECT}/plugins:{PROJECT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("file", DAGS, ids=lambda file: file.stem)
def test_the_same_file_gives_the_same_dag(file, bag):
    """A DAG that differs from parse to parse makes Airflow store a new version each time."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    second = DagBag(str(PROJECT / "dags"), bundle_name="test").dags[file.stem]
    assert DagSerialization.to_dict(second) == DagSerialization.to_dict(bag.dags[file.stem])
