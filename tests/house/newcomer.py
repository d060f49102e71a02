"""A copy of the project to which a newcomer has added a sample, and the tests that run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.settings import PROJECT
from tests.fixtures_postgres import SESSION

SAMPLES = Path(__file__).parent / "samples"
TREE = ("pipelines", "sql", "webapp", "tests")


def tree_with(sample: str, folder: Path) -> Path:
    """A copy of the project in `folder` with the sample's files, all of which are new."""
    for name in TREE:
        shutil.copytree(
            PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "samples")
        )
    shutil.copy(PROJECT / "pyproject.toml", folder)
    new = [file.relative_to(SAMPLES / sample) for file in (SAMPLES / sample).rglob("*") if file.is_file()]
    assert not [file for file in new if (PROJECT / file).exists()], "a sample consists of new files only"
    shutil.copytree(
        SAMPLES / sample, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def run_tests(tree: Path, *tests: str) -> str:
    """Run these tests of that tree, all of which must pass, and return pytest's output. They share this run's PostgreSQL server."""
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "PYTEST_XDIST_TESTRUNUID": os.environ.get("PYTEST_XDIST_TESTRUNUID", SESSION),
        "PYTEST_XDIST_WORKER": f"newcomer_{os.getpid()}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
    return done.stdout
