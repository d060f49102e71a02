"""docs/adding-a-report.md holds: a statement and a short view, both new files, give a page with its permission and menu entry."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import PROJECT
from tests.fixtures_postgres import SESSION

SAMPLE = Path(__file__).parent / "samples" / "report"
TREE = ("pipelines", "sql", "webapp", "tests", "pyproject.toml")


@pytest.fixture
def tree(tmp_path):
    """A copy of the project with the sample in it."""
    for name in TREE:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
        else:
            shutil.copy(source, tmp_path)
    new = [file.relative_to(SAMPLE) for file in SAMPLE.rglob("*") if file.is_file()]
    assert not [file for file in new if (PROJECT / file).exists()], "a report consists of new files only"
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_report_needs_only_a_statement_and_a_view(tree, postgres_server):
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", SESSION)
    # The same server, with another database.
    environment = os.environ | {
        "PYTHONPATH": str(tree), "PYTEST_XDIST_TESTRUNUID": run, "PYTEST_XDIST_WORKER": "report",
    }  # fmt: skip
    tests = ("tests/webapp/test_files_by_day.py", "tests/webapp/test_reports.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
