import contextlib
import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from rich.console import Console

from pipelines.errors import PacketboatError
from pipelines.launcher import run_file
from pipelines.launcher.errors import AlreadyRunning, LaunchFailed
from pipelines.launcher.system import running_system
from pipelines.settings import PROJECT
from pipelines.store.postgres import EmbeddedPostgres
from tests.launcher.hold import settings_for

PORT = 16100


def status(url):
    host, port = url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    connection.request("GET", "/")
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_taken_port_is_passed_by_and_told(postgres_home):
    console = Console(file=io.StringIO(), width=200)
    settings = settings_for(postgres_home, PORT)
    with (
        socket.create_server(("127.0.0.1", settings.sandbox_port)),
        running_system(settings, services={"sandbox"}, console=console) as system,
    ):
        assert system.settings.sandbox_port != settings.sandbox_port
        assert status(system.urls["sandbox"]) == 200
        found = run_file.settings_of_run(settings)
        assert found.sandbox_port == system.settings.sandbox_port
        assert system.settings.callback_base == system.urls["portal"]
    told = console.file.getvalue()
    assert (
        f"Port {settings.sandbox_port} is taken: sandbox answers on {system.settings.sandbox_port}." in told
    )
    assert run_file.settings_of_run(settings) == settings


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_an_end_signal_leaves_no_process(hold, postgres_home, number, code):
    held = hold("sandbox", PORT)
    assert held.end(number) == code
    assert held.survivors() == []
    assert not (postgres_home / "run.json").exists()
    assert EmbeddedPostgres(postgres_home).running() is None


@pytest.mark.parametrize("after_seconds", [0.3, 1.5, 3])
def test_ctrl_c_during_the_start_leaves_no_process(postgres_home, after_seconds):
    command = [sys.executable, "-m", "tests.launcher.hold", str(postgres_home), "sandbox", str(PORT)]
    launcher = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_seconds)
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(60) != 0
    ours = [
        process for process in psutil.process_iter() if str(postgres_home) in " ".join(_command_line(process))
    ]
    assert ours == []
    assert run_file.Run.read(postgres_home) is None


def _command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_second_ctrl_c_does_not_stop_the_ending(hold):
    held = hold("sandbox", PORT)
    for _ in range(3):
        held.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    held.process.wait(60)
    assert held.survivors() == []


def test_a_start_after_a_killed_launcher_heals(hold, postgres_home):
    """Its services and PostgreSQL live on without it; the next start ends the first, takes over the second."""
    killed = hold("sandbox", PORT)
    killed.end(signal.SIGKILL)
    orphan = psutil.Process(killed.said["pids"]["sandbox"])
    again = hold("sandbox", PORT)
    # A process that has ended stays a zombie until whoever inherited it looks.
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert again.said["urls"] == killed.said["urls"]
    assert status(again.said["urls"]["sandbox"]) == 200
    again.end(signal.SIGTERM)
    assert again.survivors() == []
    assert killed.survivors() == []


def test_a_start_after_everything_was_killed_heals(hold):
    killed = hold("sandbox", PORT)
    for process in killed.family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    killed.process.wait()
    assert status(hold("sandbox", PORT).said["urls"]["sandbox"]) == 200


def test_healing_spares_a_stranger_with_an_old_number(postgres_home):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        leader = run_file.Leader("sandbox", stranger.pid, time.time() - 3600)
        run_file.Run(run_file.Leader("launcher", 2**22 + 1, 0.0), {}, False, [leader]).write(postgres_home)
        with running_system(settings_for(postgres_home, PORT), services=set()):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_launcher_is_refused_and_harms_nothing(hold, postgres_home):
    held = hold("sandbox", PORT)
    with (
        pytest.raises(AlreadyRunning, match=rf"already runs in .* \(process {held.process.pid}\)"),
        running_system(settings_for(postgres_home, PORT)),
    ):
        pass
    assert status(held.said["urls"]["sandbox"]) == 200
    assert run_file.Run.read(postgres_home).launcher.pid == held.process.pid


def test_it_is_the_living_launcher_that_is_named(hold, postgres_home):
    """The run file may still be a killed one's: the living one writes its own only when PostgreSQL runs."""
    held = hold("sandbox", PORT)
    held_file = (postgres_home / "run.json").read_text()
    gone = subprocess.Popen(["true"])
    gone.wait()
    run_file.Run(run_file.Leader("launcher", gone.pid, 0.0), {}).write(postgres_home)
    with (
        pytest.raises(AlreadyRunning, match=rf"\(process {held.process.pid}\)"),
        running_system(settings_for(postgres_home, PORT)),
    ):
        pass
    (postgres_home / "run.json").write_text(held_file)


def test_a_launcher_that_has_not_said_its_number_is_not_guessed(postgres_home):
    with (postgres_home / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (
            pytest.raises(AlreadyRunning, match="is not known yet"),
            running_system(settings_for(postgres_home, PORT)),
        ):
            pass


def test_a_service_that_dies_is_started_again_and_told(postgres_home):
    console = Console(file=io.StringIO(), width=300)
    with running_system(settings_for(postgres_home, PORT), services={"sandbox"}, console=console) as system:
        (before,) = system.processes
        os.kill(before.pid, signal.SIGKILL)
        wait_for(lambda: system.processes and system.processes[0].pid != before.pid)
        wait_for(lambda: _answers(system.urls["sandbox"]))
    assert "sandbox ended (exit code -9) and is started again" in console.file.getvalue()
    logged = (postgres_home / "logs" / "launcher.log").read_text().splitlines()
    assert [line["event"] for line in map(json.loads, logged) if line["level"] == "warning"] == [
        "service_restarted"
    ]


def test_postgres_that_dies_is_started_again(postgres_home):
    with running_system(settings_for(postgres_home, PORT), services=set()) as system:
        embedded = EmbeddedPostgres(postgres_home)
        before = embedded.running()
        os.kill(before.pid, signal.SIGKILL)
        wait_for(lambda: (now := embedded.running()) and now.pid != before.pid)
        assert embedded.running().url() == system.server


def test_a_service_that_cannot_live_ends_the_run_with_its_log(postgres_home):
    """Killed as often as it comes back, until the launcher gives up."""

    def kill_for_ever(system):
        while True:
            for leader in system.processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(leader.pid).kill()
            time.sleep(0.1)

    with (
        pytest.raises(LaunchFailed, match=r"sandbox ended 4 times within 10 minutes .*sandbox\.log"),
        running_system(settings_for(postgres_home, PORT), services={"sandbox"}) as system,
    ):
        kill_for_ever(system)


def test_a_server_that_ran_before_stays_up(postgres_home):
    server = EmbeddedPostgres(postgres_home, port=PORT).start()
    with running_system(settings_for(postgres_home, PORT), services=set()) as system:
        assert system.server == server.url()
    assert EmbeddedPostgres(postgres_home).running() == server


def test_a_server_of_ones_own_is_used_and_left_alone(postgres_home):
    own = EmbeddedPostgres(postgres_home / "own", port=PORT)
    server = own.start()
    try:
        url = SecretStr(server.dsn())
        settings = settings_for(postgres_home / "home", PORT).model_copy(update={"database_url": url})
        with running_system(settings, services=set()) as system:
            assert system.server.port == server.port
            with system.packetboat.engine("app").connect() as connection:
                assert connection.exec_driver_sql("select current_user").scalar() == "packetboat_app"
        assert own.running() == server
        assert not (settings.home / "postgres").exists()
    finally:
        own.stop()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"home": Path("/dev/null/home")}, "/dev/null/home cannot be used .* PACKETBOAT_HOME"),
        ({"host": "192.0.2.1"}, "no address 192.0.2.1 to listen on.* PACKETBOAT_HOST"),
        (
            {"database_url": SecretStr("postgresql://who:hidden@127.0.0.1:9/postgres")},
            "port 9 failed: Connection refused.* PACKETBOAT_DATABASE_URL",
        ),
    ],
)
def test_a_setting_that_cannot_work_ends_the_start_with_its_name(postgres_home, change, says):
    settings = settings_for(postgres_home, PORT).model_copy(update=change)
    with pytest.raises(PacketboatError, match=says) as told, running_system(settings):
        pass
    assert "hidden" not in str(told.value)
    assert run_file.Run.read(postgres_home) is None


def _answers(url):
    try:
        return status(url) == 200
    except OSError:
        return False


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
