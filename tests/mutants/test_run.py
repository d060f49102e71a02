"""What cannot be tried counts as not noticed, and leaves nothing behind for the faults after it."""

import shutil
import subprocess

import pytest

from pipelines.settings import PROJECT
from tests.mutants import run
from tests.mutants.faults import Fault

FILE = "pipelines/states.py"


def fault(name, old):
    return Fault("dispatch", name, FILE, old, "", ("tests",))


SOUND = fault("sound", (PROJECT / FILE).read_text())
STALE = fault("stale", "this is not in the file")


@pytest.fixture
def tries(monkeypatch, tmp_path):
    """Try faults in a tree of one file, one after the other; returns the names of those that count as not noticed."""

    def tree_with(folder):
        (folder / FILE).parent.mkdir(parents=True)
        shutil.copy(PROJECT / FILE, folder / FILE)
        return folder

    def tries(*faults, tests):
        monkeypatch.setattr(run, "tree_with", tree_with)
        monkeypatch.setattr(run, "run_tests", tests)
        return [one.name for one in run.run_all(tmp_path, list(faults), 1)]

    return tries


def failing(tree, tests):
    assert (tree / FILE).read_text() == "", "the fault is in the tree"
    return run.TESTS_FAILED, ""


def test_a_fault_that_does_not_fit_is_not_noticed_and_the_next_one_is_tried(tries):
    assert tries(STALE, SOUND, tests=failing) == ["stale"]


@pytest.mark.parametrize(("status", "unnoticed"), [(0, ["sound"]), (1, []), (2, ["sound"]), (-1, ["sound"])])
def test_only_failing_tests_notice_a_fault(tries, status, unnoticed):
    assert tries(SOUND, tests=lambda *_: (status, "")) == unnoticed


@pytest.mark.parametrize(
    "error", [OSError("no memory"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")]
)
def test_tests_that_cannot_be_run_notice_nothing_and_the_fault_is_taken_out(tries, tmp_path, error):
    errors = [error]

    def tests(tree, tests):
        if errors:
            raise errors.pop()
        return failing(tree, tests)

    assert tries(SOUND, fault("next", SOUND.old), tests=tests) == ["sound"]
    assert (tmp_path / "tree-0" / FILE).read_text() == SOUND.old


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_faults_that_nobody_tried_are_not_noticed(tries):
    def tests(*_):
        raise subprocess.SubprocessError

    assert tries(SOUND, fault("next", SOUND.old), tests=tests) == ["sound", "next"]
