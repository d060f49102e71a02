"""What cannot be tried counts as not noticed, and leaves nothing behind for the faults after it."""

import contextlib
import re
import shutil
import threading

import pytest

from pipelines.settings import PROJECT
from tests.mutants import run
from tests.mutants.faults import Fault

FILE = "pipelines/states.py"
TEXT = (PROJECT / FILE).read_text()
FAILURE = (run.TESTS_FAILED, "FAILED tests/test_states.py::test_one - assert 1 == 2")


def fault(name, old=TEXT):
    return Fault("dispatch", name, FILE, old, "", ("tests",))


SOUND = fault("sound")
STALE = fault("stale", "this is not in the file")


@pytest.fixture
def trees(tmp_path):
    """Two trees of one file."""
    folders = [tmp_path / "tree-0", tmp_path / "tree-1"]
    for folder in folders:
        (folder / FILE).parent.mkdir(parents=True)
        shutil.copy(PROJECT / FILE, folder / FILE)
    return folders


@pytest.fixture
def tries(monkeypatch, trees):
    """Try faults in one tree, one after the other; returns the names of those that count as not noticed."""

    def tries(*faults, tests):
        monkeypatch.setattr(run, "run_tests", tests)
        return [one.name for one in run.run_all(trees[:1], list(faults))]

    return tries


def failing(tree, tests):
    assert (tree / FILE).read_text() == "", "the fault is in the tree"
    return FAILURE


def test_a_fault_that_does_not_fit_is_not_noticed_and_the_next_one_is_tried(tries):
    assert tries(STALE, SOUND, tests=failing) == ["stale"]


@pytest.mark.parametrize(
    ("outcome", "unnoticed"),
    [
        ((0, "1 passed"), ["sound"]),
        (FAILURE, []),
        ((run.TESTS_FAILED, "ERROR tests/test_states.py::test_one - SyntaxError"), ["sound"]),
        ((2, "ERROR tests/test_states.py"), ["sound"]),
        ((-1, "the tests did not end"), ["sound"]),
    ],
)
def test_only_failing_tests_notice_a_fault(tries, outcome, unnoticed):
    assert tries(SOUND, tests=lambda *_: outcome) == unnoticed


def test_a_line_says_how_long_it_took_and_which_test_noticed(tries, capsys):
    tries(SOUND, tests=failing)
    line = r"noticed +\d+ s  dispatch: sound  \[tests/test_states\.py::test_one\]\n"
    assert re.fullmatch(line, capsys.readouterr().out)


@pytest.mark.parametrize(
    "error", [OSError("no memory"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")]
)
def test_tests_that_cannot_be_run_notice_nothing_and_the_fault_is_taken_out(tries, trees, error):
    errors = [error]

    def tests(tree, tests):
        if errors:
            raise errors.pop()
        return failing(tree, tests)

    assert tries(SOUND, fault("next"), tests=tests) == ["sound"]
    assert (trees[0] / FILE).read_text() == TEXT


def test_an_error_that_nobody_foresaw_ends_the_run(tries):
    def tests(*_):
        raise LookupError

    with pytest.raises(LookupError):
        tries(SOUND, tests=tests)


def test_two_trees_are_tried_side_by_side_and_a_tree_has_one_fault_at_a_time(monkeypatch, trees):
    both = threading.Barrier(2, timeout=60)
    used = []

    def tests(tree, tests):
        both.wait()
        used.append(tree)
        return failing(tree, tests)

    monkeypatch.setattr(run, "run_tests", tests)
    assert run.run_all(trees, [SOUND, fault("next")]) == []
    assert sorted(used) == trees


def test_tests_that_fail_without_a_fault_prove_nothing(monkeypatch, trees, capsys):
    monkeypatch.setattr(run, "run_tests", lambda *_: FAILURE)
    unnoticed = run.try_area(trees, "dispatch")
    assert len(unnoticed) >= 1
    assert f"dispatch: 0 of {len(unnoticed)} noticed" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "areas"), [(["events"], ["events"]), ([], run.areas())])
@pytest.mark.parametrize(("unnoticed", "status"), [([], 0), ([SOUND], 1)])
def test_the_areas_that_were_named_or_all(monkeypatch, capsys, arguments, areas, unnoticed, status):
    tried = []

    def try_area(_, area):
        tried.append(area)
        return unnoticed if area == "events" else []

    monkeypatch.setattr(run, "tree_with", lambda folder: folder)
    monkeypatch.setattr(run, "try_area", try_area)
    monkeypatch.setattr(run, "keep_server", lambda _: contextlib.nullcontext())
    monkeypatch.setattr("sys.argv", ["run", *arguments])
    assert run.main() == status
    assert tried == areas
    total = sum(one.area in areas for one in run.all_faults())
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"{total - len(unnoticed)} of {total} noticed in ")


def test_an_area_that_does_not_exist_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["run", "dispatching"])
    with pytest.raises(SystemExit, match="2"):
        run.main()
    assert "dispatching" in capsys.readouterr().err
