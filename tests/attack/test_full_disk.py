"""The disk of the home is full: everything goes on by itself when there is room again, and the end still ends everything."""

import os
import signal
import time
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from pipelines import steps
from pipelines.cli import findings
from pipelines.errors import TryLater
from pipelines.launcher import run_file
from pipelines.store.postgres import EmbeddedPostgres
from tests.builders import make_business, make_packet
from tests.cli.conftest import packetboat_in
from tests.fixtures_postgres import OwnServer
from tests.fixtures_sandbox import eventually
from tests.launcher.conftest import launch
from tests.launcher.launch import settings_for
from tests.small_disk import MEBIBYTE, small_disk

__all__ = ["launch", "packetboat_in"]

PORT = 16800


@pytest.fixture
def disk(postgres_home):
    """The home of this test on a disk that can be filled."""
    with small_disk(postgres_home, 900) as disk:
        yield disk
        EmbeddedPostgres(postgres_home).stop()


def answers(url: str, path: str = "/") -> bool:
    host, port = url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def kill_postgres(home: Path) -> None:
    os.kill(EmbeddedPostgres(home).running().pid, signal.SIGKILL)


def findings_of(home: Path, port: int) -> dict[str, tuple[str, str]]:
    """The findings of `packetboat doctor` on the disk, PostgreSQL and the services, by matter."""
    chosen = run_file.settings_of_run(settings_for(home, port))
    found = [findings._disk(chosen), findings._postgres(chosen), *findings._services(chosen)]
    return {one.matter: (one.state, one.sentence) for one in found}


def down(home: Path, port: int) -> list[str]:
    """What doctor finds wrong, but for the size of the disk."""
    return [
        matter
        for matter, (state, _) in findings_of(home, port).items()
        if state == "wrong" and matter != "disk"
    ]


def left(home: Path) -> list[psutil.Process]:
    """The processes that still work for this home, including those that were started again."""
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            in_command = str(home) in " ".join(process.cmdline())
            in_environment = process.environ().get("PACKETBOAT_HOME") == str(home)
            if (in_command or in_environment) and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
    return processes


def test_everything_comes_back_by_itself_when_there_is_room_again(disk, launch, postgres_home):
    launched = launch("sandbox", PORT)
    disk.fill()
    kill_postgres(postgres_home)
    psutil.Process(launched.report["pids"]["sandbox"]).kill()
    time.sleep(10)  # long enough for several starts that fail
    assert EmbeddedPostgres(postgres_home).running() is None
    assert launched.process.poll() is None, "the launcher gave up"
    disk.clear()
    eventually(lambda: EmbeddedPostgres(postgres_home).running(), within=60)
    eventually(lambda: answers(launched.report["urls"]["sandbox"]), within=60)
    # The run file names the process that runs now, so that a killed launcher's successor would find it.
    eventually(
        lambda: all(leader.alive() for leader in run_file.Run.read(postgres_home).processes), within=20
    )
    assert launched.end(signal.SIGINT) == -signal.SIGINT
    assert left(postgres_home) == []


def test_the_end_leaves_no_process_on_a_full_disk(disk, launch, postgres_home):
    launched = launch("sandbox", PORT)
    disk.fill()
    launched.end(signal.SIGINT)
    assert left(postgres_home) == []
    assert EmbeddedPostgres(postgres_home).running() is None


def test_the_end_leaves_no_process_while_postgres_waits_for_room(disk, launch, postgres_home):
    launched = launch("sandbox", PORT)
    disk.fill()
    kill_postgres(postgres_home)
    time.sleep(5)
    launched.end(signal.SIGINT)
    assert left(postgres_home) == []
    assert EmbeddedPostgres(postgres_home).running() is None


def test_doctor_says_what_is_full_what_is_down_and_who_brings_it_back(disk, launch, postgres_home):
    launched = launch("sandbox", PORT)
    disk.fill()
    kill_postgres(postgres_home)
    eventually(lambda: EmbeddedPostgres(postgres_home).running() is None)
    state, sentence = findings_of(postgres_home, PORT)["disk"]
    assert state == "wrong"
    assert "0 MB free" in sentence
    assert str(postgres_home) in sentence
    state, sentence = findings_of(postgres_home, PORT)["PostgreSQL"]
    assert state == "wrong"
    assert f"launcher (process {launched.process.pid})" in sentence
    launched.end(signal.SIGKILL)
    assert "packetboat up" in findings_of(postgres_home, PORT)["PostgreSQL"][1]


def test_a_start_on_a_full_disk_is_refused_with_a_sentence(disk, postgres_home, packetboat_in):
    disk.fill()
    done = packetboat_in({"PACKETBOAT_HOME": str(postgres_home)}, "up")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert done.err.startswith(f"packetboat: There is no room on the disk of {postgres_home} (free: 0 byte).")


@pytest.fixture
def server(disk, postgres_home):
    """A database of this test alone on the small disk; yields its engine for steps."""
    return OwnServer(postgres_home).engine("worker")


def test_a_step_without_room_goes_on_when_there_is_room(disk, server, postgres_home):
    """Whether PostgreSQL refuses the statement (53100) or falls over its own log: it is never the end of the packet."""
    rows = b"first_name,phone\n" + b"Ann,+12025550100\n" * 300_000
    settings = settings_for(postgres_home, PORT)
    packet_id = make_packet(server, make_business(server), rows, settings.files_dir)
    load = partial(steps.run, "load", packet_id, engine=server, settings=settings, secrets={})
    disk.leave(3 * MEBIBYTE)
    with pytest.raises(TryLater) as later:
        load()
    assert later.value.code in {"no_room", "database_away"}
    disk.clear()
    EmbeddedPostgres(postgres_home).start()
    assert load().rows_out == 300_000


@pytest.mark.parametrize("state", ["53100", "53200", "53300"])
def test_what_postgres_lacks_is_waited_for(state):
    refused = OperationalError("insert …", {}, psycopg.errors.lookup(state)("no space for row 7"))
    problem = steps._without_row_data(refused)
    assert isinstance(problem, TryLater)
    assert "row 7" not in str(problem)
    assert (problem.code == "no_room") == (state == "53100")


@pytest.mark.system
@pytest.mark.timeout(900)
def test_the_whole_system_comes_back_by_itself(disk, launch, postgres_home):
    """Everything that writes is hindered at once and for longer than a service bears it."""
    launched = launch("airflow,portal,sandbox", PORT)
    disk.fill()
    kill_postgres(postgres_home)
    time.sleep(60)
    assert launched.process.poll() is None, "the launcher gave up"
    disk.clear()
    eventually(lambda: not down(postgres_home, PORT), within=180)
    assert launched.end(signal.SIGINT) == -signal.SIGINT
    assert left(postgres_home) == []
