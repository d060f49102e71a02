"""Logs stay small and private, and never stop the process that writes them."""

import subprocess
import sys

import pytest

from pipelines.store import log_file
from pipelines.store.log_file import cap_logs, log_path, open_log
from tests.small_disk import small_disk


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(log_file, "MAX_BYTES", 1000)


def test_a_log_is_appended_to_and_private(tmp_path):
    for line in ("one\n", "two\n"):
        with open_log(tmp_path, "airflow scheduler") as log:
            log.write(line)
    path = log_path(tmp_path, "airflow scheduler")
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_large_log_is_moved_aside_while_its_process_keeps_writing(tmp_path, small):
    with open_log(tmp_path, "portal") as log:
        echo = "import sys\nfor line in sys.stdin: print(line.strip(), flush=True)"
        process = subprocess.Popen([sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=log, text=True)
    path = log_path(tmp_path, "portal")
    process.stdin.write("x" * 2000 + "\n")
    process.stdin.flush()
    while not path.stat().st_size:
        pass
    cap_logs(tmp_path)
    assert path.stat().st_size == 0
    process.stdin.write("afterwards\n")
    process.stdin.close()
    process.wait(10)
    assert path.read_text() == "afterwards\n"
    older = path.with_suffix(".log.1")
    assert older.read_text() == "x" * 2000 + "\n"
    assert older.stat().st_mode & 0o777 == 0o600


def test_a_small_log_is_left_alone(tmp_path, small):
    with open_log(tmp_path, "portal") as log:
        log.write("short\n")
    cap_logs(tmp_path)
    assert log_path(tmp_path, "portal").read_text() == "short\n"
    assert not log_path(tmp_path, "portal").with_suffix(".log.1").exists()


def test_a_full_disk_drops_lines_and_raises_nothing(tmp_path):
    with small_disk(tmp_path, 1) as disk:
        with open_log(tmp_path, "launcher") as log:
            disk.fill()
            for _ in range(1000):
                log.write("there is no room for this line\n")
            disk.clear()
            log.write("there is room again\n")
        assert log_path(tmp_path, "launcher").read_text().endswith("there is room again\n")
        disk.fill()
        with open_log(tmp_path, "command") as log:
            log.write("and this one does not even have a file\n")


def test_on_a_full_disk_a_large_log_is_truncated(tmp_path, small):
    with small_disk(tmp_path, 1) as disk:
        with open_log(tmp_path, "portal") as log:
            log.write("x" * 20_000)
        disk.fill()
        cap_logs(tmp_path)
        assert log_path(tmp_path, "portal").stat().st_size == 0
