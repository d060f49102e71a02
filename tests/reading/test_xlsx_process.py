"""The process that reads a workbook: its output is exact, it ends when it should, and its death becomes a refusal."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from pipelines.errors import PacketRefused, TryLater
from pipelines.reading import open_rows, xlsx_process
from pipelines.reading.xlsx_child import MEMORY_LIMIT, TIME_LIMIT
from pipelines.reading.xlsx_process import open_workbook
from pipelines.reading.xlsx_rows import Workbook
from pipelines.settings import PROJECT
from tests.reading import workbooks
from tests.reading.workbooks import cell, row, text_rows

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")


@pytest.fixture
def small(tmp_path):
    return workbooks.write(tmp_path / "small", {"S": text_rows([["name", "note"], ["Ann", "x"]])})


@pytest.fixture
def long(tmp_path):
    """Larger than a pipe and a batch: its reader is still running when the first rows arrive."""
    rows = [[f"name {number}", "x" * 50] for number in range(30_000)]
    return workbooks.write(tmp_path / "long", {"S": text_rows([["name", "note"], *rows])})


def children():
    """The readers of this process, including zombies."""
    mine = psutil.Process().children()
    return [
        child for child in mine if child.status() == "zombie" or "xlsx_child" in " ".join(child.cmdline())
    ]


def refusal_after(status, path):
    """The code of the refusal when this signal kills the reader in the middle of the rows."""
    with open_workbook(path) as table:
        next(table.batches)
        os.kill(children()[0].pid, status)
        with pytest.raises(PacketRefused) as refusal:
            list(table.batches)
    assert str(refusal.value).endswith("upload that.")
    return refusal.value.code


def test_the_rows_pass_through_the_pipe_unchanged(tmp_path):
    sheet = (
        row(1, cell("A1", "Week 14"))
        + text_rows([["náme", "note"], ["Ann", "line\nbreak \u2028 \U0001f600"]], first=2)
        + row(4, cell("A4", "Bob") + cell("B4", "x"), 'hidden="1"')
        + row(5, cell("A5", "\x1f".join("ab")) + cell("B5", 1))
        + row(6, cell("A6", "y" * 40_000))
        + row(7, cell("A7", "Dan") + cell("C7", "beyond"))
        + row(8, cell("A8", "#N/A") + cell("B8", "1"))
    ).replace("\x1f", "&#x1f;")
    path = workbooks.write(tmp_path / "x", {"A & B": sheet})
    workbook = Workbook(path)
    with open_workbook(path) as table:
        assert (table.header, table.dialect) == (workbook.header, {"sheet": "A & B"})
        assert list(table.batches) == list(workbook.batches())


def test_an_early_end_leaves_no_process(long):
    with open_rows(long) as rows:
        next(rows.batches)
        assert len(children()) == 1
    assert children() == []


def test_an_exception_in_the_block_leaves_no_process(long):
    with pytest.raises(ZeroDivisionError), open_rows(long):
        raise ZeroDivisionError
    assert children() == []


def test_neither_a_refusal_nor_a_complete_read_leaves_a_process(small, long):
    for path in (small, long):
        with open_rows(path) as rows:
            list(rows.batches)
        assert children() == []
    small.write_bytes(small.read_bytes()[:-300])
    with pytest.raises(PacketRefused), open_rows(small):
        pass
    assert children() == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (signal.SIGKILL, "workbook_out_of_memory"),
        (signal.SIGABRT, "workbook_out_of_memory"),
        (signal.SIGXCPU, "workbook_too_slow"),
        (signal.SIGSEGV, "unreadable_workbook"),
    ],
)
def test_a_reader_that_dies_is_a_refusal(long, status, code):
    assert refusal_after(status, long) == code
    assert children() == []


@LINUX
def test_the_limits_apply_to_the_reader(long):
    with open_rows(long):
        (reader,) = children()
        assert resource.prlimit(reader.pid, resource.RLIMIT_AS)[1] == MEMORY_LIMIT
        assert resource.prlimit(reader.pid, resource.RLIMIT_CPU)[0] == TIME_LIMIT
    assert resource.getrlimit(resource.RLIMIT_AS)[1] != MEMORY_LIMIT


@LINUX
def test_more_memory_than_the_limit_is_a_refusal(tmp_path):
    """The row's number is 1 but its last cell's is not, so the real rectangle is larger than the guard computes."""
    far = row(1, cell("A1", "name") + cell("SR1048576", "x"))
    path = workbooks.write(tmp_path / "x", {"S": far})
    with pytest.raises(PacketRefused) as refusal, open_rows(path):
        pass
    assert refusal.value.code == "workbook_out_of_memory"


def test_a_reader_does_not_outlive_its_parent(long):
    code = (
        "import sys, time; from pathlib import Path; from pipelines.reading import open_rows\n"
        "with open_rows(Path(sys.argv[1])) as rows: next(rows.batches); print('ready', flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, long], stdout=subprocess.PIPE, cwd=PROJECT)
    assert parent.stdout.readline() == b"ready\n"
    (reader,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 30
    while reader.is_running() and reader.status() != "zombie" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not reader.is_running() or reader.status() == "zombie"  # init reaps it


def test_only_a_few_workbooks_are_read_at_once(small, monkeypatch):
    monkeypatch.setattr(xlsx_process, "TURN_TIMEOUT", 0.1)
    with open_rows(small), open_rows(small):
        with pytest.raises(TryLater, match="in a minute"), open_rows(small):
            pass
        assert len(children()) <= xlsx_process.MAX_CHILDREN
    with open_rows(small) as rows:
        assert len(list(rows.batches)) == 1


def test_only_a_few_wait_for_their_turn(small, monkeypatch):
    """Each one that waits occupies a thread, so further ones are refused at once."""
    monkeypatch.setattr(xlsx_process, "_places", threading.BoundedSemaphore(xlsx_process.MAX_CHILDREN))
    with open_rows(small), open_rows(small):
        began = time.monotonic()
        with pytest.raises(TryLater, match="in a minute"), open_rows(small):
            pass
        assert time.monotonic() - began < xlsx_process.TURN_TIMEOUT / 2


def test_a_silent_child_is_killed(small, monkeypatch):
    monkeypatch.setattr(xlsx_process, "REPLY_TIMEOUT", 0.01)
    with pytest.raises(PacketRefused) as refused, open_rows(small):
        pass
    assert refused.value.code == "workbook_too_slow"
    assert children() == []


def test_a_file_of_the_working_folder_is_not_imported(small, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with open_rows(small) as rows:
        assert rows.header == ["name", "note"]
